import { locale } from '#explorer/web/language.ts'

const kept = new Map<string, Intl.DateTimeFormat>()

/** "12:03:45.2" or "12:03:45.210" in the viewer's zone: where seconds are too coarse. */
export function preciseClock(ms: number, digits: 1 | 3): string {
  const key = `${locale()} ${digits}`
  const known = kept.get(key)
  if (known !== undefined) return known.format(ms)
  const made = new Intl.DateTimeFormat(locale(), {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: digits,
    hourCycle: 'h23',
  })
  kept.set(key, made)
  return made.format(ms)
}

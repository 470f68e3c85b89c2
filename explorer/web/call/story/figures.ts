import { duration, mos, share } from '#explorer/web/format.ts'
import { locale } from '#explorer/web/language.ts'

// Dear to make, cheap to use: a call's spans alone ask thousands of times.
const formatters = new Map<string, Intl.NumberFormat>()

function withUnit(value: number, unit: 'millisecond' | 'second', digits: 0 | 1): string {
  const key = `${locale()} ${unit} ${digits}`
  const known = formatters.get(key)
  if (known !== undefined) return known.format(value)
  const made = new Intl.NumberFormat(locale(), {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: digits,
  })
  formatters.set(key, made)
  return made.format(value)
}

/** One decimal where it says something: "1.9 ms", "35 ms". */
export const milliseconds = (value: number): string => withUnit(value, 'millisecond', value > 0 && value < 10 ? 1 : 0)

export const percent = (ratio: number): string => share(ratio)
export const mosNumber = (value: number): string => mos(value)

/** Seconds for what is told in a sentence: under two minutes nobody wants "1 min 1 s". */
export function toldDuration(ms: number): string {
  if (ms < 1_000 || ms >= 120_000) return duration(ms)
  const seconds = ms / 1_000
  return withUnit(seconds, 'second', seconds < 10 ? 1 : 0)
}

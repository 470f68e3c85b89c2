import { locale } from './language.ts'

/** What stands where nothing is known. Never a zero. */
export const unknownMark = '—'

// Formatters are dear to make and cheap to use; there is one per language and shape.
const formatters = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>()

function kept<T extends Intl.DateTimeFormat | Intl.NumberFormat>(key: string, make: () => T): T {
  const known = formatters.get(key)
  if (known !== undefined) return known as T
  const made = make()
  formatters.set(key, made)
  return made
}

const dates = (name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  kept(`${locale()} date ${name}`, () => new Intl.DateTimeFormat(locale(), { hourCycle: 'h23', ...options }))

const numbers = (name: string, options: Intl.NumberFormatOptions): Intl.NumberFormat =>
  kept(`${locale()} number ${name}`, () => new Intl.NumberFormat(locale(), options))

export const count = (value: number | undefined): string =>
  value === undefined ? unknownMark : numbers('count', { maximumFractionDigits: 0 }).format(value)

/** 12,345 as "12.3K", for where there is no room. */
export const shortCount = (value: number): string =>
  numbers('short', { notation: 'compact', maximumFractionDigits: 1 }).format(value)

/** 0.0213 as "2.1 %". Small shares keep a digit that tells them from nothing. */
export function share(ratio: number | undefined): string {
  if (ratio === undefined || !Number.isFinite(ratio)) return unknownMark
  const digits = ratio > 0 && ratio < 0.001 ? 2 : ratio < 0.1 ? 1 : 0
  return numbers(`share ${digits}`, { style: 'percent', maximumFractionDigits: digits }).format(ratio)
}

export const mos = (value: number | undefined): string =>
  value === undefined
    ? unknownMark
    : numbers('mos', { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value)

/** "1:02:03" or "2:05": what a call's duration looks like everywhere. */
export function callDuration(ms: number | undefined): string {
  if (ms === undefined) return unknownMark
  const seconds = Math.max(0, Math.round(ms / 1_000))
  const two = (value: number): string => String(value).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

type DurationUnit = 'millisecond' | 'second' | 'minute' | 'hour' | 'day'
const withUnit = (value: number, unit: DurationUnit, digits = 0): string =>
  numbers(`${unit} ${digits}`, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: digits,
  }).format(value)

/** "80 ms", "12.5 s", "3 min 20 s", "1 h 2 min", in the words of the language. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return unknownMark
  if (ms < 1_000) return withUnit(Math.round(ms), 'millisecond')
  if (ms < 59_950) return withUnit(ms / 1_000, 'second', 1)
  const seconds = Math.round(ms / 1_000)
  if (seconds < 3_600) return pair(withUnit(Math.floor(seconds / 60), 'minute'), seconds % 60, 'second')
  const minutes = Math.round(seconds / 60)
  if (minutes < 48 * 60) return pair(withUnit(Math.floor(minutes / 60), 'hour'), minutes % 60, 'minute')
  return withUnit(Math.round(minutes / 60 / 24), 'day')
}

const pair = (first: string, rest: number, unit: DurationUnit): string =>
  rest === 0 ? first : `${first} ${withUnit(rest, unit)}`

/** Minutes of talk: "38 min", "1,204 min". */
export const minutes = (value: number): string => withUnit(value, 'minute', value < 10 ? 1 : 0)

/** "3.4 MB", by thousands, as files are shown. */
export function bytes(value: number): string {
  const steps = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  const step = Math.min(steps.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)))
  const unit = steps[step] ?? 'byte'
  return numbers(unit, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: step < 2 ? 0 : 1 }).format(
    value / 1_000 ** step,
  )
}

/** Time of day in the viewer's zone: "12:03". */
export const clock = (ms: number): string => dates('clock', { hour: '2-digit', minute: '2-digit' }).format(ms)

/** "12:03:45". */
export const clockSeconds = (ms: number): string =>
  dates('seconds', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(ms)

/** "31 Jan, 12:03:45" in the viewer's zone; the year only when it is another one than now. */
export function dateTime(ms: number, nowMs: number): string {
  const sameYear = new Date(ms).getFullYear() === new Date(nowMs).getFullYear()
  return sameYear
    ? dates('dateTime', {
        day: 'numeric',
        month: 'short',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      }).format(ms)
    : dates('dateTimeYear', {
        day: 'numeric',
        month: 'short',
        year: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
      }).format(ms)
}

/** "31 Jan" in the viewer's zone. */
export const day = (ms: number): string => dates('day', { day: 'numeric', month: 'short' }).format(ms)

export const sameDay = (a: number, b: number): boolean => new Date(a).toDateString() === new Date(b).toDateString()

/** "2026-01-31 10:00:00 UTC": what stands in the tooltip of every time. */
export const utc = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** From here until, the day once: "31 Jan, 12:03 – 14:00". */
export function timeSpan(fromMs: number, untilMs: number): string {
  return dates('span', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).formatRange(
    fromMs,
    untilMs,
  )
}

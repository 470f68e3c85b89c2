import { duration, mos, share } from '../../format.ts'
import { locale } from '../../language.ts'

/** One decimal where it says something: "1.9 ms", "35 ms". */
export function milliseconds(value: number): string {
  const digits = value > 0 && value < 10 ? 1 : 0
  return new Intl.NumberFormat(locale(), {
    style: 'unit',
    unit: 'millisecond',
    unitDisplay: 'short',
    maximumFractionDigits: digits,
  }).format(value)
}

export const percent = (ratio: number): string => share(ratio)
export const mosNumber = (value: number): string => mos(value)

/** Seconds for what is told in a sentence: under two minutes nobody wants "1 min 1 s". */
export function toldDuration(ms: number): string {
  if (ms < 1_000 || ms >= 120_000) return duration(ms)
  const seconds = ms / 1_000
  return new Intl.NumberFormat(locale(), {
    style: 'unit',
    unit: 'second',
    unitDisplay: 'short',
    maximumFractionDigits: seconds < 10 ? 1 : 0,
  }).format(seconds)
}

/**
 * The number that a text is in plain decimal digits: an optional minus, no leading zeros, at most 15 digits before the point
 * and 9 after it. Undefined for everything else that languages take for numbers (`0x10`, `1e2`, ` 5 `, `+5`, `05`, `5.`, ``):
 * who sends one of these means something, and it may not be this.
 */
export function numberOf(text: string): number | undefined {
  if (!/^-?(0|[1-9]\d{0,14})(\.\d{1,9})?$/.test(text)) return undefined
  const value = Number(text)
  return Object.is(value, -0) ? undefined : value
}

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const dateTime = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/i

/** What a moment may be written as, for refusals. */
export const momentForms = 'must be a date-time (2026-01-31T10:00:00Z), or how long ago (90m, 24h, 7d)'

/**
 * The moment that a text names, epoch milliseconds: an RFC 3339 date-time or its date, epoch milliseconds, or how long before
 * now (`90m`, `24h`, `7d`). Undefined for anything else.
 */
export function momentNamed(text: string, nowMs: number): number | undefined {
  const [, ago, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (ago !== undefined) return nowMs - Number(ago) * unitsMs[unit as keyof typeof unitsMs]
  if (/^[1-9]\d{9,13}$/.test(text)) return Number(text)
  const parsed = dateTime.test(text) ? Date.parse(text) : Number.NaN
  return Number.isFinite(parsed) ? parsed : undefined
}

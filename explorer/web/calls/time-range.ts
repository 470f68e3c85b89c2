/** Ranges that can be chosen by one click; `since` as the server takes it. */
export const presets = ['15m', '1h', '6h', '24h', '7d', '30d'] as const
export type Preset = (typeof presets)[number]

export const isPreset = (since: string | undefined): since is Preset => presets.some((preset) => preset === since)

/** What a range in the address is: everything, one of the presets up to now, or two times. */
export type RangeKind = 'all' | Preset | 'custom'

export function rangeKind({ since, until }: { readonly since?: string; readonly until?: string }): RangeKind {
  if (since === undefined && until === undefined) return 'all'
  return until === undefined && isPreset(since) ? since : 'custom'
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A time as addresses write it (RFC 3339, epoch milliseconds, or how long ago), in epoch milliseconds. */
export function timeMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined
  const [, ago, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  if (ago !== undefined) return nowMs - Number(ago) * (unitMs[unit] ?? 0)
  if (/^\d{10,16}$/.test(text)) return Number(text)
  // Browsers read more than RFC 3339, each something else.
  const ms = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isFinite(ms) ? ms : undefined
}

/** As `<input type="datetime-local">` wants it: in the viewer's zone, without one. */
export function localInput(ms: number | undefined): string {
  if (ms === undefined) return ''
  const shifted = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000)
  return shifted.toISOString().slice(0, 19)
}

/** What was typed there, as the address says it: in UTC, so that it means the same to whoever opens the link. */
export function fromLocalInput(text: string): string | undefined {
  const ms = Date.parse(text)
  return text === '' || !Number.isFinite(ms) ? undefined : new Date(ms).toISOString()
}

/** The shortest range up to now that holds everything since then; undefined for a day and more, or when nothing is. */
export function spanSince(firstMs: number | undefined, nowMs: number): '15m' | '1h' | '6h' | undefined {
  if (firstMs === undefined) return undefined
  return (['15m', '1h', '6h'] as const).find((span) => (timeMs(span, nowMs) ?? 0) <= firstMs)
}

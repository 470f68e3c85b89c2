/** UTC to the second: "2026-01-31 10:00:00". */
export const dateTime = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 19).replace('T', ' ')

/** Time of day to the millisecond: "10:00:00.000". */
export const timeOfDay = (ms: number): string => new Date(ms).toISOString().slice(11, 23)

/** "1 h 02 min", "3 min 20 s", "12.5 s", "80 ms". */
export function duration(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  const two = (value: number): string => String(value).padStart(2, '0')
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`
  return `${Math.floor(seconds / 3_600)} h ${two(Math.floor((seconds % 3_600) / 60))} min`
}

export const percent = (ratio: number | undefined): string | undefined =>
  ratio === undefined ? undefined : `${(ratio * 100).toFixed(2)} %`
export const milliseconds = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
export const mosValue = (mos: number | undefined): string | undefined => mos?.toFixed(2)
export const count = (value: number | undefined): string | undefined => value?.toLocaleString('en-US')
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${value.toLocaleString('en-US')} ${value === 1 ? one : many}`

/** "512 B", "3.1 KiB", "2.0 GiB". */
export function bytes(value: number): string {
  if (value < 1_024) return `${value} B`
  const power = Math.min(4, Math.floor(Math.log2(value) / 10))
  return `${(value / 1_024 ** power).toFixed(1)} ${['KiB', 'MiB', 'GiB', 'TiB'][power - 1]}`
}

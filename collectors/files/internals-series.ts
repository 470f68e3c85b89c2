import { isStat, type RtcStat } from '../getstats/rtc-stats.ts'

/** One PeerConnection's statistics by moment. */
export interface InternalsSeries {
  /** Epoch milliseconds, rising, each once. */
  readonly times: readonly number[]
  /** The stats measured at one of these moments. */
  at(timeMs: number): ReadonlyMap<string, RtcStat>
  /** Stats without times of their own, left out. */
  readonly untimed: number
}

interface Series {
  readonly statsType: unknown
  readonly endTime: unknown
  readonly values: readonly unknown[]
}

/**
 * webrtc-internals keeps each property as a series of its own, "<stat id>-<property>", with its values as JSON text; the
 * property `timestamp` (since Chrome 117) gives the times. A property that came later has a shorter series: both end
 * together unless their stated ends differ. Computed series, "<stat id>-[…]", are left out.
 */
export function readSeries(stats: unknown): InternalsSeries {
  const byStat = groupByStat(isStat(stats) ? stats : {})
  const moments = new Map<number, Map<string, RtcStat>>()
  let untimed = 0
  for (const [id, properties] of byStat) {
    const clock = properties.get('timestamp')
    if (clock === undefined) untimed += 1
    else addStat(id, properties, clock)
  }
  return {
    times: [...moments.keys()].sort((a, b) => a - b),
    at: (timeMs) => moments.get(timeMs) ?? new Map(),
    untimed,
  }

  function addStat(id: string, properties: ReadonlyMap<string, Series>, clock: Series): void {
    clock.values.forEach((time, index) => {
      if (typeof time !== 'number' || !Number.isFinite(time)) return
      const stat: Record<string, unknown> = Object.create(null)
      for (const [name, series] of properties) {
        const shift = series.endTime === clock.endTime ? clock.values.length - series.values.length : 0
        stat[name] = series.values[index - shift]
      }
      const atMs = Math.round(time)
      const moment = moments.get(atMs) ?? new Map<string, RtcStat>()
      moment.set(id, { ...stat, type: clock.statsType, timestamp: atMs })
      moments.set(atMs, moment)
    })
  }
}

function groupByStat(stats: RtcStat): ReadonlyMap<string, Map<string, Series>> {
  const byStat = new Map<string, Map<string, Series>>()
  for (const [name, value] of Object.entries(stats)) {
    const dash = name.lastIndexOf('-')
    const series = isStat(value) ? seriesOf(value) : undefined
    if (series === undefined || dash <= 0 || name.includes('[')) continue
    const id = name.slice(0, dash)
    const properties = byStat.get(id) ?? new Map<string, Series>()
    byStat.set(id, properties.set(name.slice(dash + 1), series))
  }
  return byStat
}

function seriesOf({ statsType, endTime, values }: RtcStat): Series | undefined {
  try {
    const list: unknown = typeof values === 'string' ? JSON.parse(values) : values
    return Array.isArray(list) ? { statsType, endTime, values: list } : undefined
  } catch {
    return undefined
  }
}

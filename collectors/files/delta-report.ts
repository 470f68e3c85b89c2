import { isStat, maxStatsPerReport, type RtcReport, type RtcStat } from '../getstats/rtc-stats.ts'

/** A report made whole again, and the ids that this delta spoke of. */
export interface WholeReport {
  readonly report: RtcReport
  readonly fresh: ReadonlySet<string>
}

/** Undoes the delta compression of one PeerConnection's reports, in their order. */
export type Decompress = (delta: RtcStat) => WholeReport | undefined

/** How one dump format says what it left out. */
export interface DeltaFormat {
  /** Time of a stat that names none: `newest` is that of the whole report, `before` its own last. */
  timeOf(stat: RtcStat, of: { readonly newest: unknown; readonly before: unknown }): unknown
  /** Key of the whole report's time. */
  readonly newestKey: string
  /** Names and types as webrtc-stats has them. */
  rename(stat: RtcStat): RtcStat
  /** True where a stat that a delta leaves out is still there, unchanged. */
  readonly keepsSilent: boolean
}

/**
 * Merges delta upon delta. A stat that is left out stays known for look-ups (a codec, a candidate pair), so that both
 * readings of the Jitsi client's format (left out is "unchanged" in old ones, "removed" in new) come out right:
 * whoever comes back is sent whole.
 */
export function createDecompress(format: DeltaFormat): Decompress {
  const stats = new Map<string, RtcStat>()
  return function decompress(delta) {
    const newest = delta[format.newestKey]
    const fresh = new Set<string>(format.keepsSilent ? stats.keys() : [])
    for (const [id, change] of Object.entries(delta)) {
      if (change === null) {
        stats.delete(id)
        fresh.delete(id)
      } else if (isStat(change)) {
        merge(id, format.rename(change), newest)
        fresh.add(id)
      }
    }
    if (stats.size > maxStatsPerReport) return undefined
    if (format.keepsSilent) for (const id of fresh) if (!Object.hasOwn(delta, id)) keepSilent(id, fresh, newest)
    return { report: stats, fresh }
  }

  /** A stat that is not mentioned was unchanged at the report's time; the far end's (RTCP) has then not come again. */
  function keepSilent(id: string, fresh: Set<string>, newest: unknown): void {
    if (String(stats.get(id)?.type).startsWith('remote-')) fresh.delete(id)
    else merge(id, {}, newest)
  }

  function merge(id: string, change: RtcStat, newest: unknown): void {
    const before = stats.get(id)
    const timestamp = format.timeOf(change, { newest, before: before?.timestamp })
    stats.set(id, { ...before, ...change, timestamp })
  }
}

/** Jitsi's client: `timestamp: 0` is the report's newest, absent is unchanged. */
export const jitsiDelta: DeltaFormat = {
  newestKey: 'timestamp',
  keepsSilent: false,
  rename: (stat) => stat,
  timeOf: ({ timestamp }, { newest, before }) => (timestamp === 0 ? newest : (timestamp ?? before ?? newest)),
}

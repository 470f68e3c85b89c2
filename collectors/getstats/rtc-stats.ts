/** One RTCStats object as JSON carries it. Only ever read by known names. */
export type RtcStat = Readonly<Record<string, unknown>>

/** One getStats report: stats by id. */
export type RtcReport = ReadonlyMap<string, RtcStat>

/** A browser's report has tens to hundreds of stats; a large conference some thousands. */
export const maxStatsPerReport = 20_000

export const isStat = (value: unknown): value is RtcStat =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A report from an array of stats (each with its `id`) or an object of stats by id; else what is wrong with it. */
export function readReport(stats: unknown): RtcReport | string {
  const entries = entriesOf(stats)
  if (entries === undefined) return 'stats: must be an array of RTCStats or an object of RTCStats by id'
  if (entries.length > maxStatsPerReport) return `stats: holds more than ${maxStatsPerReport} entries`
  const report = new Map<string, RtcStat>()
  for (const [id, stat] of entries) {
    if (typeof id !== 'string') return 'stats: each entry of the array needs its id'
    if (isStat(stat)) report.set(id, stat)
  }
  return report
}

function entriesOf(stats: unknown): readonly (readonly [unknown, unknown])[] | undefined {
  if (Array.isArray(stats)) return stats.map((stat: unknown) => [isStat(stat) ? stat.id : undefined, stat])
  return isStat(stats) ? Object.entries(stats) : undefined
}

const legacyTypes = new Set(['ssrc', 'VideoBwe', 'localcandidate', 'remotecandidate'])

/** Chrome's callback getStats, removed in M117: goog names, every value a string, rounded and in other units. */
export const isLegacyStat = ({ type }: RtcStat): boolean =>
  typeof type === 'string' && (type.startsWith('goog') || legacyTypes.has(type))

export const legacyDetail =
  "stats: are of Chrome's legacy callback getStats (goog…); send the standard report of RTCPeerConnection.getStats()"

const rtpTypes = new Set(['inbound-rtp', 'outbound-rtp', 'remote-inbound-rtp', 'remote-outbound-rtp'])

/** True where the report speaks of media only in Chrome's legacy terms. */
export function isLegacyReport(report: RtcReport): boolean {
  let legacy = false
  for (const stat of report.values()) {
    if (rtpTypes.has(String(stat.type))) return false
    legacy ||= isLegacyStat(stat)
  }
  return legacy
}

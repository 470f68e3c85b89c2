import { millisecondsOf, type StatFault, textOf } from './measures.ts'
import type { RtcReport, RtcStat } from './rtc-stats.ts'

/**
 * Round trip of the network path that a stream uses, from STUN checks: `currentRoundTripTime` of the transport's selected
 * candidate pair (webrtc-stats, RTCIceCandidatePairStats). Firefox has no transport stats and marks the pair instead.
 */
export function pathRoundTripMs(report: RtcReport, stream: RtcStat, fault: StatFault): number | undefined {
  const transport = transportOf(report, stream)
  const pair =
    transport === undefined ? markedPair(report) : report.get(textOf(transport, 'selectedCandidatePairId') ?? '')
  return pair === undefined ? undefined : millisecondsOf(pair, 'currentRoundTripTime', { fault })
}

function transportOf(report: RtcReport, stream: RtcStat): RtcStat | undefined {
  const named = report.get(textOf(stream, 'transportId') ?? '')
  if (named !== undefined) return named
  const all = [...report.values()].filter(({ type }) => type === 'transport')
  // Without a name only a single transport (BUNDLE) can be the stream's.
  return all.length === 1 ? all[0] : undefined
}

function markedPair(report: RtcReport): RtcStat | undefined {
  for (const stat of report.values()) {
    if (stat.type === 'candidate-pair' && stat.selected === true) return stat
  }
  return undefined
}

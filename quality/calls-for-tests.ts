import type { CallEventRow, EvidenceRow, LegSummary, MosTally, Run, StreamDigest } from '#contracts/call-record.ts'
import { intervalMask, measureBits } from '#contracts/interval-mask.ts'
import { defaultProfile } from './profile.ts'
import type { CallFacts } from './views.ts'

/** Builders for the tests of this folder. Times are seconds after the start of the call, which is answered at once. */
export const startMs = 1_760_000_000_000
export const at = (seconds: number) => startMs + Math.round(seconds * 1000)

export const media = intervalMask.media
export const silence = 0
export const poorLoss = media | measureBits.loss.degraded | measureBits.loss.poor
export const someLoss = media | measureBits.loss.degraded
export const poorMos = media | measureBits.mos.degraded | measureBits.mos.poor
export const heardConcealment = media | measureBits.concealment.degraded | measureBits.concealment.poor
export const poorRoundTrip = media | measureBits.round_trip.degraded | measureBits.round_trip.poor
export const earlyMedia = media | intervalMask.early

/** A run from and to these seconds. */
export const run = (from: number, to: number, mask: number): Run => [at(from), at(to), mask]

export function aDigest(given: Partial<StreamDigest> & { readonly runs: readonly Run[] }): StreamDigest {
  const measuredMs = given.runs.reduce((sum, [from, to]) => sum + to - from, 0)
  const heardMs = given.runs.reduce((sum, [from, to, mask]) => ((mask & media) === 0 ? sum : sum + to - from), 0)
  return {
    correlationId: 'call-1',
    legId: 'b',
    kind: 'audio',
    direction: 'receive',
    streamId: '',
    observer: 'browser',
    source: '/test',
    scope: 'interval',
    firstMs: given.runs[0]?.[0] ?? startMs,
    lastMs: given.runs.at(-1)?.[1] ?? startMs,
    measuredMs,
    packetsReceived: heardMs / 20,
    packetsLost: 0,
    packetsDiscarded: undefined,
    packetsExpected: heardMs / 20,
    packetsSent: undefined,
    concealedSamples: undefined,
    silentConcealedSamples: undefined,
    samplesReceived: undefined,
    jitter: undefined,
    roundTrip: undefined,
    oneWayDelay: undefined,
    mos: [],
    codecs: ['PCMU'],
    framesDecoded: undefined,
    framesDropped: undefined,
    freezeCount: undefined,
    freezesMs: undefined,
    frameWidth: undefined,
    frameHeight: undefined,
    cpuLimitedMs: 0,
    bandwidthLimitedMs: 0,
    mutedMs: 0,
    ...given,
  }
}

export const aTally = (given: Partial<MosTally> = {}): MosTally => ({
  kind: 'listening',
  band: 'N',
  source: 'computed',
  codecRow: 'G.711',
  grounded: true,
  ms: 60_000,
  hundredthMs: 60_000 * 440,
  minHundredths: 440,
  maxHundredths: 440,
  extrapolatedMs: 0,
  ...given,
})

export const leg = (legId: string, role?: LegSummary['role'], given: Partial<LegSummary> = {}): LegSummary => ({
  legId,
  role,
  device: undefined,
  addedMs: startMs,
  endedMs: undefined,
  ...given,
})

export const anEvent = (type: string, seconds: number, data: Readonly<Record<string, unknown>> = {}): CallEventRow => ({
  correlationId: 'call-1',
  source: '/call-control',
  id: `${type}-${seconds}`,
  atMs: at(seconds),
  type,
  data,
})

export const aSpan = (given: Partial<EvidenceRow> = {}): EvidenceRow => ({
  subject: 'call-1',
  kind: 'span',
  id: 'span-1',
  atMs: at(10),
  severity: 17,
  reason: 'span_failed',
  service: 'media-server',
  name: 'bridge',
  detail: 'timeout',
  durationMs: 300,
  traceId: '',
  spanId: '',
  ...given,
})

/** What `caller` says as it arrives from leg a, and hears there; the same for `callee` on leg b. All good, 60 s. */
export const clean = [run(0, 60, media)]
export const callerSays = (runs: readonly Run[], given: Partial<StreamDigest> = {}) =>
  aDigest({ legId: 'a', direction: 'send', observer: 'media_server', runs, ...given })
export const calleeSays = (runs: readonly Run[], given: Partial<StreamDigest> = {}) =>
  aDigest({ legId: 'b', direction: 'send', observer: 'media_server', runs, ...given })
export const callerHears = (runs: readonly Run[], given: Partial<StreamDigest> = {}) =>
  aDigest({ legId: 'a', runs, ...given })
export const calleeHears = (runs: readonly Run[], given: Partial<StreamDigest> = {}) =>
  aDigest({ legId: 'b', runs, ...given })

/** An answered two-party call of one minute, judged after its end; nothing measured unless given. */
export function aCall(given: Partial<CallFacts> = {}): CallFacts {
  return {
    startedMs: startMs,
    answeredMs: startMs,
    endedMs: at(60),
    endedBy: 'caller',
    asOfMs: at(600),
    disposition: 'answered',
    events: [],
    legs: [leg('a', 'caller'), leg('b', 'callee')],
    streams: [],
    evidence: [],
    conference: false,
    profile: defaultProfile,
    ...given,
  }
}

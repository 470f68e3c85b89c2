import type { CallRecord, Finding, Reason, StreamSummary } from '#contracts/call-record.ts'
import type { WholeCall } from '#contracts/warehouse.ts'
import type { CallSamples } from '../api-types.ts'
import type { SampledStream } from './media/columns.ts'

/** What tests of this page are about: one answered call of two minutes, unless a test says otherwise. */
export const startMs = Date.UTC(2026, 0, 31, 10, 0, 0)

export const aStream = (changes: Partial<StreamSummary> = {}): StreamSummary => ({
  key: 'leg-a/audio/receive/',
  legId: 'leg-a',
  kind: 'audio',
  direction: 'receive',
  streamId: '',
  label: 'callee -> caller',
  observer: 'browser',
  source: '/browser',
  chosen: true,
  class: 'good',
  scope: 'interval',
  fromMs: startMs,
  toMs: startMs + 120_000,
  measuredMs: 120_000,
  degradedMs: 0,
  poorMs: 0,
  longestPoorMs: 0,
  lossRatio: 0.001,
  discardRatio: undefined,
  jitterMs: 8,
  jitterMaxMs: 12,
  roundTripMs: 60,
  roundTripMaxMs: 80,
  oneWayDelayMs: undefined,
  concealedRatio: 0,
  packetsReceived: 6_000,
  packetsLost: 6,
  packetsDiscarded: undefined,
  packetsSent: undefined,
  codecs: ['PCMA'],
  mos: [],
  video: undefined,
  ...changes,
})

export const aRecord = (changes: Partial<CallRecord> = {}): CallRecord => ({
  tenant: 'acme',
  id: 'call-1',
  correlationIds: ['call-1'],
  traceIds: [],
  ids: {},
  state: 'settled',
  startedMs: startMs,
  answeredMs: startMs,
  endedMs: startMs + 120_000,
  endedBecause: 'event',
  endedBy: 'caller',
  disposition: 'answered',
  conference: false,
  direction: 'outbound',
  from: '100',
  to: '200',
  carrier: undefined,
  gateway: undefined,
  route: undefined,
  region: undefined,
  codec: undefined,
  mediaNode: undefined,
  sipCode: 200,
  q850Cause: 16,
  setupMs: 900,
  talkMs: 120_000,
  legs: [],
  streams: [aStream()],
  worstMos: undefined,
  verdict: { class: 'good', unclassified: undefined, reasons: [], findings: [], fault: undefined },
  cdr: undefined,
  evidenceCount: 0,
  eventCount: 0,
  events: [],
  evidence: [],
  formulaVersion: 'e-model-2',
  profileVersion: 'default-1',
  ...changes,
})

export const aPoorRecord = (reasons: readonly Reason[], findings: readonly Finding[] = []): CallRecord =>
  aRecord({ verdict: { class: 'poor', unclassified: undefined, reasons, findings, fault: undefined } })

export const aReason = (changes: Partial<Reason> = {}): Reason => ({
  measure: 'loss',
  severity: 'poor',
  stream: 'leg-a/audio/receive/',
  direction: 'callee -> caller',
  share: 0.34,
  badMs: 41_000,
  longestMs: 41_000,
  value: 0.072,
  text: 'loss 7.2 % for 41 s, callee -> caller',
  ...changes,
})

export const aWhole = (record: CallRecord = aRecord(), changes: Partial<WholeCall> = {}): WholeCall => ({
  record,
  asOfMs: startMs + 600_000,
  version: 7,
  minutes: [],
  logs: [],
  spans: [],
  activity: [],
  telemetry: { logs: 'ok', spans: 'ok' },
  ...changes,
})

export const thresholds: CallSamples['thresholds'] = {
  loss: { degraded: 0.02, poor: 0.05 },
  jitterMs: { degraded: 30, poor: 50 },
  roundTripMs: { degraded: 300, poor: 500 },
  concealment: { degraded: 0.03, poor: 0.07 },
  mos: { N: { degraded: 3.6, poor: 3.1 } },
}

/** Samples of one second each from the start, with these losses; null where it is not known. */
export function samplesOfLoss(losses: readonly (number | null)[], mask: readonly number[] = []): SampledStream {
  const column = losses.map(() => null)
  return {
    key: 'leg-a/audio/receive/',
    observer: 'browser',
    source: '/browser',
    scope: 'interval',
    kind: 'audio',
    label: 'callee -> caller',
    mosName: 'MOS-CQEN',
    band: 'N',
    codecRows: [{ row: 'G.711', grounded: true }],
    endMs: losses.map((_, at) => startMs + (at + 1) * 1_000),
    lengthMs: losses.map(() => 1_000),
    mos: column,
    lossRatio: [...losses],
    jitterMs: column,
    roundTripMs: column,
    concealedRatio: column,
    mask: losses.map((_, at) => mask[at] ?? 1),
  }
}

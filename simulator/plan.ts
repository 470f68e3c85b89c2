import type { EpochMs, LegRole, MediaDirection, MediaKind } from '#contracts/call-record.ts'
import type { CallEventType } from '#contracts/signals/call-events.ts'
import type { Observer } from '#contracts/signals/common.ts'
import type { JsonObject } from './message.ts'
import type { Random } from './random.ts'
import type { Expectation } from './truth.ts'
import type { CodecFacts, ServiceName, TenantWorld } from './world.ts'

/** What a stream is like for a while. Everything measured follows from it, with noise. */
export interface Condition {
  /** Share of packets that the network loses, 0..1. */
  readonly loss: number
  /** Share of packets that arrive too late for the jitter buffer, 0..1. */
  readonly discard: number
  readonly jitterMs: number
  readonly roundTripMs: number
  /** Share of played samples that are concealed, 0..1. */
  readonly concealed: number
  readonly jitterBufferMs: number
  /** Chance that one packet in a long interval is lost all the same, as on any healthy network. */
  readonly stray: number
  /** No packets at all. */
  readonly silent: boolean
  /** The source is muted, and says so. */
  readonly muted: boolean
  readonly limitation: 'none' | 'cpu'
}

export interface Segment {
  readonly fromMs: EpochMs
  readonly toMs: EpochMs
  readonly change: Partial<Condition>
}

/** How one observer looks at one stream. */
export interface ObserverPlan {
  readonly observer: Observer
  readonly scope: 'interval' | 'cumulative' | 'call'
  readonly intervalMs: number
  /** What this observer sees of the stream: all counters, or only what a far end's report tells. */
  readonly view: 'full' | 'remote_report' | 'video'
  /** One-second samples until then: so that a late start can be told from a coarse interval. */
  readonly fineUntilMs?: EpochMs
  /** No samples in here; a cumulative counter goes on counting. */
  readonly blind?: { readonly fromMs: EpochMs; readonly toMs: EpochMs }
  /** Counters start again here, with a new SSRC, a new start id, or unannounced. */
  readonly restart?: { readonly atMs: EpochMs; readonly how: 'ssrc' | 'start_id' | 'unannounced' }
  /** A report for the whole call besides, at the end. */
  readonly finalReport?: boolean
  /** Added to every time this observer states: its clock is wrong. */
  readonly skewMs?: number
}

export interface LegDraft {
  readonly legId: string
  readonly role: LegRole
  readonly device: 'web' | 'mobile' | 'desktop' | 'sip'
  /** Reached through a carrier's gateway. */
  readonly trunk: boolean
  readonly sipCallId: string
  readonly accountId: string
  /** Id under which this leg's media and signalling travel. */
  correlationId: string
  joinedMs: EpochMs
  leftMs: EpochMs
}

export interface StreamDraft {
  readonly leg: LegDraft
  readonly kind: MediaKind
  readonly direction: MediaDirection
  fromMs: EpochMs
  toMs: EpochMs
  readonly baseline: Condition
  /** Later ones win over earlier ones. */
  readonly segments: Segment[]
  readonly observers: ObserverPlan[]
}

export interface EventDraft {
  readonly type: CallEventType | 'cdr.recorded' | 'cdr.rated'
  readonly atMs: EpochMs
  readonly source: string
  readonly leg?: LegDraft
  readonly data: JsonObject
  /** Travels under this correlation id instead of the call's first. */
  readonly correlationId?: string
  /** Reaches the log so much later than it happened. */
  lateMs?: number
}

/** A span that fails, with the log line that tells of it. */
export interface Failure {
  readonly atMs: EpochMs
  readonly service: ServiceName
  readonly span: string
  readonly message: string
}

/** A warning that a service logs about the call. */
export interface Warning {
  readonly atMs: EpochMs
  readonly service: ServiceName
  readonly message: string
  readonly onlyTraceId: boolean
}

/** How this call's messages travel. */
export interface DeliveryPlan {
  /** Share of messages that are delivered again, unchanged. */
  duplicateShare: number
  /** Share of messages that are held back, and for how long at most. */
  reorderShare: number
  reorderMs: number
}

export interface CallTimes {
  readonly startMs: EpochMs
  readonly ringMs: EpochMs | undefined
  readonly answerMs: EpochMs | undefined
  readonly endMs: EpochMs
}

/** A call before it happens: all that is decided about it. Scenarios and delivery faults change it, then it is played. */
export interface CallDraft {
  readonly index: number
  readonly scenario: string
  readonly faults: string[]
  readonly random: Random
  readonly tenant: TenantWorld
  /** Nothing of this call reaches the log before. */
  readonly arrivalMs: EpochMs
  readonly intervalMs: number
  readonly correlationIds: string[]
  readonly ids: { callId: string; sessionId: string; sipSessionId: string; confSessionId?: string }
  readonly traceId: string
  readonly direction: 'inbound' | 'outbound' | 'internal'
  readonly times: CallTimes
  readonly region: string
  readonly mediaNode: string
  carrier?: string
  gateway?: string
  route?: string
  codec: CodecFacts
  /** Codec by time; the last that has begun holds. */
  readonly codecChanges: { readonly atMs: EpochMs; readonly codec: CodecFacts }[]
  /** Samples name their codec; otherwise it is known from events alone. */
  samplesNameCodec: boolean
  readonly legs: LegDraft[]
  readonly streams: StreamDraft[]
  events: EventDraft[]
  readonly failures: Failure[]
  readonly warnings: Warning[]
  /** Services log and trace this call at all. */
  telemetry: boolean
  /** The call was recorded: its key in the recording bucket. */
  recordingKey?: string
  readonly delivery: DeliveryPlan
  expected: Expectation
}

/** The call's first correlation id. */
export function mainId(draft: CallDraft): string {
  const [first] = draft.correlationIds
  if (first === undefined) throw new Error('a call has at least one correlation id')
  return first
}

/** The codec in use at a moment. */
export const codecAt = (draft: CallDraft, atMs: EpochMs): CodecFacts =>
  draft.codecChanges.findLast((change) => change.atMs <= atMs)?.codec ?? draft.codec

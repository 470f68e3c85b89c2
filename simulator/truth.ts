import type {
  CallClass,
  EpochMs,
  FaultDomain,
  FindingType,
  MediaDirection,
  MediaKind,
  UnclassifiedReason,
} from '#contracts/call-record.ts'
import type { JudgedMeasure } from '#contracts/interval-mask.ts'
import type { ParkReason } from '#contracts/outcome.ts'
import type { Observer } from '#contracts/signals/common.ts'

/** What a call must be judged as. Planned with margins, so that noise cannot change it. */
export interface Expectation {
  readonly class: CallClass
  readonly unclassified?: UnclassifiedReason
  /** Measures that must be among the verdict's reasons. */
  readonly reasons: readonly JudgedMeasure[]
  /** Findings that must be there; others may be. */
  readonly findings: readonly FindingType[]
  /** Only where the rules of the quality model leave one answer. */
  readonly fault?: FaultDomain
  /** What was planted, in a word: for people, and for what a cohort of calls shows. */
  readonly planted?: string
}

/**
 * What must come out for one stream as one observer saw it: sums over interval samples, sums of differences over
 * cumulative ones. Undefined: this observer never said.
 */
export interface StreamTruth {
  readonly correlationId: string
  readonly legId: string
  readonly kind: MediaKind
  readonly direction: MediaDirection
  readonly observer: Observer
  /** `call` when only whole-call reports exist. */
  readonly scope: 'interval' | 'call'
  /** Distinct samples of any scope. */
  readonly samples: number
  /** Milliseconds measured. */
  readonly measuredMs: number
  readonly packetsReceived: number | undefined
  readonly packetsLost: number | undefined
  readonly packetsDiscarded: number | undefined
}

/** Distinct identities, each counted once however often it was delivered. */
export interface IdentityCounts {
  readonly samples: number
  /** On `call-events` and `conf-events`. */
  readonly callEvents: number
  readonly cdrEvents: number
  readonly auditEvents: number
  /** Chat and presence. */
  readonly activityEvents: number
  readonly logs: number
  readonly spans: number
}

/** Everything known about one call beforehand. Undefined: the messages do not determine it. */
export interface CallTruth extends Expectation {
  readonly index: number
  readonly scenario: string
  /** Delivery faults laid over the scenario. */
  readonly faults: readonly string[]
  readonly tenant: string
  /** Canonical: the smallest of `correlationIds`. */
  readonly id: string
  readonly correlationIds: readonly string[]
  readonly traceIds: readonly string[]
  readonly startedMs: EpochMs | undefined
  readonly answeredMs: EpochMs | undefined
  readonly endedMs: EpochMs | undefined
  readonly endedBecause: 'event' | 'cdr' | 'silence'
  readonly endedBy: string | undefined
  /** Greatest event time of any call event, sample or CDR. */
  readonly lastSeenMs: EpochMs
  readonly disposition: 'answered' | 'not_answered' | 'unknown'
  readonly conference: boolean
  readonly direction: string | undefined
  readonly carrier: string | undefined
  readonly gateway: string | undefined
  readonly route: string | undefined
  readonly region: string | undefined
  readonly codec: string | undefined
  readonly mediaNode: string | undefined
  readonly sipCode: number | undefined
  readonly q850Cause: number | undefined
  readonly streams: readonly StreamTruth[]
  readonly distinct: IdentityCounts
  /** Log lines at warning or above, and failed spans. */
  readonly evidence: number
}

export interface TrafficTotals {
  readonly calls: number
  /** Messages delivered: every duplicate, and each OTLP batch as one. */
  readonly messages: number
  /** Deliveries beyond the first of an identity. */
  readonly duplicates: number
  /** Over all calls, with the services' own logs that belong to no call, without what must be dead-lettered. */
  readonly distinct: IdentityCounts
  /** Messages that must end as dead letters, one each, by reason. */
  readonly dead: Readonly<Partial<Record<ParkReason, number>>>
}

/** The truth file: what a run of the simulator must be judged by. */
export interface TrafficTruth {
  readonly seed: number
  readonly totals: TrafficTotals
  readonly calls: readonly CallTruth[]
}

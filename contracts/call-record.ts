import type {
  CallEventRow,
  EpochMs,
  EvidenceRow,
  MediaDirection,
  MediaKind,
  MosBand,
  MosKind,
  MosSource,
} from './call-rows.ts'
import type { JudgedMeasure } from './interval-mask.ts'
import type { Observer } from './signals/common.ts'

/** What records are made of, under the same name as the records themselves. */
export type * from './call-rows.ts'

export type CallState = 'open' | 'settling' | 'settled'
export type CallClass = 'good' | 'degraded' | 'poor' | 'unclassified'
export type Disposition = 'answered' | 'not_answered' | 'unknown'
export type UnclassifiedReason = 'not_answered' | 'too_short' | 'no_samples' | 'not_judgeable' | 'not_computed'
export type Severity = 'degraded' | 'poor'
export type LegRole = 'caller' | 'callee' | 'participant'

/** Why a stream or call has its class: "loss 7.2 % for 41 s, callee -> caller". */
export interface Reason {
  readonly measure: JudgedMeasure
  readonly severity: Severity
  /** Key of the stream (see streamKeyOf in quality/streams.ts). */
  readonly stream: string
  readonly direction: string
  /** Share of measured milliseconds, 0..1. */
  readonly share: number
  readonly badMs: number
  readonly longestMs: number
  /** Mean of the measure over the stream in its own unit (ratio, ms, MOS), where known. */
  readonly value: number | undefined
  readonly text: string
}

export type FindingType =
  | 'one_way_audio'
  | 'no_media_after_answer'
  | 'late_media'
  | 'loss_burst'
  | 'ended_after_poor_stretch'
  | 'client_limited'
  | 'platform_span_failed'
  | 'recording_failed'
  | 'clock_skew'
  | 'hub_link_ignored'
  | 'component_too_large'

export interface Finding {
  readonly type: FindingType
  /** What it does to the call's class by itself; `none`: stated only. */
  readonly severity: Severity | 'none'
  readonly stream: string | undefined
  readonly fromMs: EpochMs | undefined
  readonly toMs: EpochMs | undefined
  readonly text: string
}

export type FaultDomain =
  | 'caller_access'
  | 'callee_access'
  | 'carrier'
  | 'platform'
  | 'codec'
  | 'client_device'
  | 'unknown'

export interface Fault {
  readonly domain: FaultDomain
  /** 0..1. Falls with missing views. */
  readonly confidence: number
  /** What speaks for it, in words. */
  readonly because: readonly string[]
}

export interface Verdict {
  readonly class: CallClass
  readonly unclassified: UnclassifiedReason | undefined
  readonly reasons: readonly Reason[]
  readonly findings: readonly Finding[]
  /** Undefined for a good or unclassified call. */
  readonly fault: Fault | undefined
}

/** MOS as a record, averaged over time. */
export interface Mos {
  readonly value: number
  readonly kind: MosKind
  readonly band: MosBand
  readonly source: MosSource
  /** P.800.1 name, e.g. MOS-CQEN. */
  readonly name: string
  readonly codecRow: string
  readonly grounded: boolean
  readonly extrapolated: boolean
  readonly min: number
  readonly max: number
  readonly seconds: number
}

export interface StreamSummary {
  readonly key: string
  readonly legId: string
  readonly kind: MediaKind
  readonly direction: MediaDirection
  readonly streamId: string
  /** "caller -> callee" and the like. */
  readonly label: string
  readonly observer: Observer
  /** CloudEvents source of the view's samples: tells two observers of one kind apart. '' where it was not kept. */
  readonly source: string
  /** The one source whose view counts for talk time; the others are shown beside it. */
  readonly chosen: boolean
  readonly class: CallClass
  readonly scope: 'interval' | 'cumulative' | 'call'
  readonly fromMs: EpochMs
  readonly toMs: EpochMs
  readonly measuredMs: number
  readonly degradedMs: number
  readonly poorMs: number
  readonly longestPoorMs: number
  readonly lossRatio: number | undefined
  readonly discardRatio: number | undefined
  readonly jitterMs: number | undefined
  readonly jitterMaxMs: number | undefined
  readonly roundTripMs: number | undefined
  readonly roundTripMaxMs: number | undefined
  readonly oneWayDelayMs: number | undefined
  readonly concealedRatio: number | undefined
  readonly packetsReceived: number | undefined
  readonly packetsLost: number | undefined
  readonly packetsDiscarded: number | undefined
  readonly packetsSent: number | undefined
  readonly codecs: readonly string[]
  readonly mos: readonly Mos[]
  readonly video:
    | {
        readonly framesDecoded: number | undefined
        readonly framesDropped: number | undefined
        readonly freezeCount: number | undefined
        readonly freezesMs: number | undefined
        readonly width: number | undefined
        readonly height: number | undefined
      }
    | undefined
}

export interface LegSummary {
  readonly legId: string
  readonly role: LegRole | undefined
  readonly device: string | undefined
  readonly addedMs: EpochMs | undefined
  readonly endedMs: EpochMs | undefined
}

/** The record of one call: a function of (its messages, `asOfMs`, configuration version) and nothing else. */
export interface CallRecord {
  readonly tenant: string
  /** Canonical: the smallest of `correlationIds`. */
  readonly id: string
  readonly correlationIds: readonly string[]
  readonly traceIds: readonly string[]
  readonly ids: Readonly<Record<string, readonly string[]>>
  readonly state: CallState
  readonly startedMs: EpochMs
  readonly answeredMs: EpochMs | undefined
  readonly endedMs: EpochMs | undefined
  /** How the end is known. */
  readonly endedBecause: 'event' | 'cdr' | 'silence' | undefined
  readonly endedBy: string | undefined
  readonly disposition: Disposition
  readonly conference: boolean
  readonly direction: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
  readonly carrier: string | undefined
  readonly gateway: string | undefined
  readonly route: string | undefined
  readonly region: string | undefined
  readonly codec: string | undefined
  readonly mediaNode: string | undefined
  readonly sipCode: number | undefined
  readonly q850Cause: number | undefined
  /** Post-dial delay: started to first ringing or answer, milliseconds. */
  readonly setupMs: number | undefined
  readonly talkMs: number | undefined
  readonly legs: readonly LegSummary[]
  readonly streams: readonly StreamSummary[]
  /** The worst grounded computed MOS of all views (mean over the view), where each stream has one. */
  readonly worstMos: Mos | undefined
  readonly verdict: Verdict
  readonly cdr: { readonly durationSeconds: number | undefined; readonly billedSeconds: number | undefined } | undefined
  readonly evidenceCount: number
  readonly eventCount: number
  readonly events: readonly CallEventRow[]
  readonly evidence: readonly EvidenceRow[]
  readonly formulaVersion: string
  readonly profileVersion: string
}

/** Bookkeeping beside a stored record: no part of what the record says. */
export interface StoredCall {
  readonly record: CallRecord
  readonly version: number
  readonly asOfMs: EpochMs
  readonly nextDueMs: EpochMs | undefined
  readonly rawUntilMs: EpochMs | undefined
}

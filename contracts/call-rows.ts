import type { Observer } from './signals/common.ts'

/** Epoch milliseconds, UTC. */
export type EpochMs = number

export type MosKind = 'listening' | 'conversational'
export type MosBand = 'N' | 'W' | 'F'
export type MosSource = 'computed' | 'reported'
export type MediaKind = 'audio' | 'video'
export type MediaDirection = 'send' | 'receive'

/** One event of the call's timeline. `data` is the event's data as sent. */
export interface CallEventRow {
  readonly correlationId: string
  readonly source: string
  readonly id: string
  readonly atMs: EpochMs
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Consecutive measured intervals with one mask (see interval-mask.ts): [fromMs, toMs, mask]. */
export type Run = readonly [fromMs: EpochMs, toMs: EpochMs, mask: number]

/** MOS of one kind, band, source and codec row over a stretch of time. Never added to or compared with another. */
export interface MosTally {
  readonly kind: MosKind
  readonly band: MosBand
  readonly source: MosSource
  /** Codec row of quality/codecs.ts; '' for reported values. */
  readonly codecRow: string
  readonly grounded: boolean
  /** Milliseconds scored. */
  readonly ms: number
  /** Sum over intervals of MOS in hundredths times milliseconds. */
  readonly hundredthMs: number
  readonly minHundredths: number
  readonly maxHundredths: number
  /** Milliseconds whose value was computed outside the formula's stated range. */
  readonly extrapolatedMs: number
}

/** A mean weighted by time, with its extremes. Values in tenths of a millisecond. */
export interface TimedMeasure {
  readonly weightMs: number
  /** Sum over intervals of (tenths of a millisecond) times milliseconds. */
  readonly tenthMs: number
  readonly min: number
  readonly max: number
}

/** All that one source, as one kind of observer, measured on one stream over the whole call, in one scope. What `calls` is folded from. */
export interface StreamDigest {
  readonly correlationId: string
  readonly legId: string
  readonly kind: MediaKind
  readonly direction: MediaDirection
  readonly streamId: string
  readonly observer: Observer
  /** CloudEvents source of the samples: tells two observers of one kind apart. '' of samples stored before it was kept. */
  readonly source: string
  /** One digest per scope that the source reported; a coarser one counts for the time that no finer one covers. */
  readonly scope: 'interval' | 'cumulative' | 'call'
  readonly firstMs: EpochMs
  readonly lastMs: EpochMs
  readonly measuredMs: number
  readonly packetsReceived: number | undefined
  readonly packetsLost: number | undefined
  readonly packetsDiscarded: number | undefined
  /** received + lost, where both are known. */
  readonly packetsExpected: number | undefined
  readonly packetsSent: number | undefined
  readonly concealedSamples: number | undefined
  readonly silentConcealedSamples: number | undefined
  readonly samplesReceived: number | undefined
  readonly jitter: TimedMeasure | undefined
  readonly roundTrip: TimedMeasure | undefined
  readonly oneWayDelay: TimedMeasure | undefined
  readonly mos: readonly MosTally[]
  /** Codecs seen in the stream's samples or, where they name none, in its events. */
  readonly codecs: readonly string[]
  readonly framesDecoded: number | undefined
  readonly framesDropped: number | undefined
  readonly freezeCount: number | undefined
  readonly freezesMs: number | undefined
  readonly frameWidth: number | undefined
  readonly frameHeight: number | undefined
  readonly cpuLimitedMs: number
  readonly bandwidthLimitedMs: number
  readonly mutedMs: number
  /** In time order, not overlapping; together at most 20,000 runs. */
  readonly runs: readonly Run[]
}

/** A log line at warning or above, or a failed or slow span, that belongs to the call. */
export interface EvidenceRow {
  readonly subject: string
  readonly kind: 'log' | 'span'
  readonly id: string
  readonly atMs: EpochMs
  /** OTLP severity number of a log; 17 (error) for a failed span, 13 (warning) for a slow one. */
  readonly severity: number
  readonly reason: 'log_warning' | 'log_error' | 'span_failed' | 'span_slow'
  readonly service: string
  readonly name: string
  readonly detail: string
  readonly durationMs: number
  readonly traceId: string
  readonly spanId: string
}

export interface CdrRow {
  readonly correlationId: string
  readonly source: string
  readonly id: string
  readonly atMs: EpochMs
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

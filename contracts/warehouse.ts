import type { CallClass, CallEventRow, CallRecord, CallState, Disposition, EpochMs } from './call-record.ts'
import type { CallLogLine, CallSpan, TelemetryState } from './call-telemetry.ts'
import type { LogRecord } from './event-log.ts'
import type { Delivery } from './sink.ts'

/** Tables that pipelines write raw rows to. */
export type RawTable =
  | 'quality_samples'
  | 'call_events'
  | 'cdr_records'
  | 'cdr_billing'
  | 'call_links'
  | 'call_evidence'
  | 'audit_log'
  | 'activity_events'
  | 'otel_logs'
  | 'otel_traces'

/** A column value as the warehouse takes it: times as epoch milliseconds (DateTime64(3)), seconds (DateTime) or text. */
export type Cell = string | number | null | readonly Cell[] | { readonly [key: string]: string }

/** Rows of one table on their way to the warehouse, values in the order of `columns`. */
export interface RawRow {
  readonly table: RawTable
  readonly cells: readonly Cell[]
}

/** A row that remembers its message: a refusal is laid at its door, and its place tells a log store's lane. */
export interface TracedRow extends RawRow {
  readonly record: LogRecord
}

/** Rows of a batch kept in the form in which their sink sends them: what is decoded need not stay in memory as objects. */
export interface PackedRows {
  readonly length: number
  /** Milliseconds by which the oldest of them lay behind its message's log time, by the minute it counts to; -Infinity: there is none. */
  readonly oldestMs: number
  /** False: not packed, because rows of this table are not, or a value does not fit. The sink says what is wrong with it. */
  add(table: RawTable, cells: readonly Cell[], record: LogRecord): boolean
  /** All of them as rows, for whoever has to look at each. None is left. */
  unpack(): readonly TracedRow[]
}

/** What a pipeline delivers its rows to: a `Sink` (contracts/sink.ts) of raw rows, or of rows with their messages. */
export interface RowSink {
  readonly name: string
  /** For the rows of a new batch, where the sink has a form of its own for any. */
  pack?(): PackedRows
  /** As of a `Sink`; `packed` belongs to these very rows, and comes again with them. What of it is refused is a `TracedRow`. */
  deliver(rows: readonly TracedRow[], deadline: AbortSignal, packed?: PackedRows): Promise<Delivery<RawRow>>
  close(): Promise<void>
}

/** Whose data: one tenant's, that of several (none of an empty list), or, undefined, that of all. */
export type TenantScope = string | readonly string[] | undefined

/** Which calls: what is left out does not narrow. */
export interface CallFilter {
  readonly tenant?: Exclude<TenantScope, undefined>
  readonly sinceMs?: EpochMs
  readonly untilMs?: EpochMs
  /** One of these. */
  readonly class?: readonly CallClass[]
  readonly state?: CallState
  readonly disposition?: Disposition
  readonly carrier?: string
  readonly route?: string
  readonly gateway?: string
  readonly region?: string
  readonly codec?: string
  readonly finding?: string
  readonly fault?: string
  /** Finds a call by any correlation id it has. */
  readonly id?: string
  /**
   * What a person typed: a correlation id or any id linked to one (SIP Call-ID, session id, trace id); where there is no
   * such id, part of the caller's or callee's name, at least 3 characters, upper or lower case.
   */
  readonly q?: string
  /** Further exact names of the party that `q` may mean: pseudonyms. Added by the reader's owner, never by who asks. */
  readonly parties?: readonly string[]
}

export type CallSort = 'started' | 'duration' | 'mos'
export type SortOrder = 'asc' | 'desc'

/** One page of calls that a filter leaves. */
export interface CallQuery extends CallFilter {
  /** By `started` unless said. What is not known (no talk, no MOS) comes last in either order. */
  readonly sort?: CallSort
  /** `desc` unless said. */
  readonly order?: SortOrder
  readonly limit: number
  /** From `nextCursor` of the page before: of the same sort and order. */
  readonly cursor?: string
}

export interface CallListItem {
  readonly tenant: string
  readonly id: string
  readonly startedMs: EpochMs
  readonly answeredMs: EpochMs | undefined
  readonly endedMs: EpochMs | undefined
  readonly state: CallState
  readonly class: CallClass
  readonly unclassified: string | undefined
  readonly disposition: string
  readonly conference: boolean
  readonly direction: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
  readonly carrier: string | undefined
  readonly gateway: string | undefined
  readonly route: string | undefined
  readonly region: string | undefined
  readonly codec: string | undefined
  readonly talkMs: number | undefined
  readonly worstMos: number | undefined
  readonly worstMosName: string | undefined
  readonly reasons: readonly string[]
  readonly findings: readonly string[]
  readonly fault: string | undefined
  /** 0..1. */
  readonly faultConfidence: number | undefined
  /** Rises with every recompute of the record. */
  readonly version: number
}

export interface CallPage {
  readonly calls: readonly CallListItem[]
  /** Opaque; stable while calls come and go. Undefined on the last page. */
  readonly nextCursor: string | undefined
  /** All that belongs to calls is known to have arrived until then; of a reader alone, the least that a record shown was judged at. */
  readonly completeUntilMs: EpochMs | undefined
}

/** One scored point of a stream's chart, one minute. */
export interface MinutePoint {
  readonly stream: string
  readonly observer: string
  readonly source: string
  readonly scope: 'interval' | 'cumulative' | 'call'
  readonly minuteMs: EpochMs
  readonly measuredMs: number
  readonly lossRatio: number | undefined
  readonly jitterMs: number | undefined
  readonly roundTripMs: number | undefined
  readonly concealedRatio: number | undefined
  readonly mos: number | undefined
  readonly mosName: string | undefined
  readonly grounded: boolean | undefined
}

export interface WholeCall {
  readonly record: CallRecord
  readonly asOfMs: EpochMs
  readonly version: number
  readonly minutes: readonly MinutePoint[]
  readonly logs: readonly CallLogLine[]
  readonly spans: readonly CallSpan[]
  /** Chat and presence that name the call, like its events: no part of the record, which nothing of them changes. */
  readonly activity: readonly CallEventRow[]
  /** Whether logs and spans could be read: none found and nobody answered are two things. */
  readonly telemetry: TelemetryState
}

/** What people read. Tenant undefined means all tenants: administrators only. */
export interface CallReader {
  list(query: CallQuery): Promise<CallPage>
  /** The call that has this correlation id, or trace id as `trace:<hex>`; undefined when there is none. */
  whole(tenant: TenantScope, id: string): Promise<WholeCall | undefined>
}

/** Administrators' free look: one guarded SELECT. */
export interface SqlConsole {
  query(sql: string): Promise<{
    readonly columns: readonly string[]
    readonly rows: readonly (readonly unknown[])[]
    readonly truncated: boolean
  }>
}

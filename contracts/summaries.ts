import type { CallEventRow, CallRecord, CdrRow, EpochMs, EvidenceRow, StreamDigest } from './call-record.ts'
import type { Urgency } from './changes.ts'

/** One correlation id of one tenant. */
export interface MemberKey {
  readonly tenant: string
  readonly id: string
}

/** Stable text of a member, for maps. Tenants and ids hold no control characters. */
export const memberText = ({ tenant, id }: MemberKey): string => `${tenant}\u0000${id}`

/** A correlation id whose minutes have to be made again from raw. */
export interface DirtyMinutes extends MemberKey {
  /** Epoch minutes. */
  readonly minutes: readonly number[]
  /** Every minute that was made of this id before, too. */
  readonly rescore: boolean
  readonly cumulative: boolean
  /** Of `running` samples alone no event can have changed what minutes were scored with. */
  readonly urgency: Urgency
}

/** Taken before anything is read: of two recomputes of one thing, the one with the greater version read later. */
export interface RecomputeContext {
  readonly version: number
  /** The log's present time. Freezing is judged by it. */
  readonly logNowMs: EpochMs
}

export interface LinkEdge {
  readonly tenant: string
  readonly node: string
  readonly other: string
}

export interface LinkReader {
  /** Edges of these nodes, at most `limit` for each node. */
  edges(
    nodes: readonly { readonly tenant: string; readonly node: string }[],
    limit: number,
  ): Promise<readonly LinkEdge[]>
}

export interface MinuteStore {
  /** Makes the minutes again, whole, from raw. Minutes that raw no longer covers are left as they are. */
  recompute(dirty: readonly DirtyMinutes[], context: RecomputeContext): Promise<void>
}

/** A member that sends more events than this is a faulty producer; the first ones count, in order of time. */
export const maxEventsPerMember = 5_000
/** Of what logs and spans say of one subject the worst counts. */
export const maxEvidencePerSubject = 200

/** A row of raw with its checksum: of two rows with one identity and unequal content the one with the greater stays. */
export interface Fact<Row> {
  readonly row: Row
  /** Decimal; empty where it was not kept. */
  readonly checksum: string
}

/** Rows of raw that a record is folded from. Streams are apart: their minutes stay when raw goes. */
export interface Facts {
  readonly events: readonly Fact<CallEventRow>[]
  readonly cdrs: readonly Fact<CdrRow>[]
  readonly evidence: readonly Fact<EvidenceRow>[]
}

/** What is stored beside a record, so that it can be folded again when its raw has gone: facts that it does not show. */
export interface KeptFacts extends Facts {
  /** Checksums of the events and the evidence that the record shows, in its order. */
  readonly shown: { readonly events: readonly string[]; readonly evidence: readonly string[] }
}

/** All that is stored about one correlation id. */
export interface MemberInputs extends MemberKey {
  readonly events: readonly Fact<CallEventRow>[]
  readonly cdrs: readonly Fact<CdrRow>[]
  readonly streams: readonly StreamDigest[]
  /** Least expires_at among what was read, epoch milliseconds. */
  readonly rawUntilMs: EpochMs | undefined
}

/** A place that a record with this member was once meant for. */
export interface Place extends MemberKey {
  readonly canonical: string
  readonly atMs: EpochMs
  readonly version: number
}

/** What stands in `calls` now, as far as a recompute needs it. */
export interface StandingCall {
  readonly record: CallRecord
  /** Undefined in records of before anything was kept beside what they show. */
  readonly kept: KeptFacts | undefined
  readonly rawUntilMs: EpochMs
}

/** Evidence as raw holds it: under a correlation id, or `trace:<trace id>`. */
export interface StoredEvidence extends Fact<EvidenceRow> {
  readonly tenant: string
  readonly rawUntilMs: EpochMs
}

export interface CallInputs {
  members(members: readonly MemberKey[]): Promise<readonly MemberInputs[]>
  evidence(subjects: readonly MemberKey[]): Promise<readonly StoredEvidence[]>
  /** Records of these places that are frozen: raw no longer covers them, and they are what is left of it. */
  frozen(places: readonly Place[], context: RecomputeContext): Promise<readonly StandingCall[]>
}

export interface CallRow {
  readonly record: CallRecord
  readonly kept: KeptFacts
  readonly version: number
  readonly shard: number
  readonly asOfMs: EpochMs
  readonly nextDueMs: EpochMs | undefined
  readonly rawUntilMs: EpochMs | undefined
  readonly computedAtMs: EpochMs
}

/** Writes to `calls` and `call_keys`, in the order of docs/architecture.md, promise 4: places, look back, then records and tombstones. */
export interface CallWriter {
  appendPlaces(places: readonly Place[]): Promise<void>
  places(members: readonly MemberKey[]): Promise<readonly Place[]>
  write(rows: readonly CallRow[], tombstones: readonly Place[]): Promise<void>
}

export interface DueReader {
  /** Members of records that change by themselves at or before the tenant's watermark. */
  due(shards: readonly number[], watermarks: ReadonlyMap<string, EpochMs>, limit: number): Promise<readonly MemberKey[]>
  /** Members of records judged as of a moment that is still to come: a clock was wrong. Reads a column of every record. */
  judgedAhead(shards: readonly number[], presentMs: EpochMs, limit: number): Promise<readonly MemberKey[]>
}

/** What raw no longer covers, asked for by the `calls` pipeline before it stores late rows. */
export interface FrozenCheck {
  /** Of these minutes, those whose row stands and is frozen, as `tenant NUL id NUL epoch minute`. */
  minutes(keys: readonly (MemberKey & { readonly minute: number })[], logNowMs: number): Promise<ReadonlySet<string>>
  /** Of these correlation ids, those whose record stands and is frozen, as memberText. */
  calls(members: readonly MemberKey[], logNowMs: number): Promise<ReadonlySet<string>>
}

/** What labels live samples: the tenant's own names, as far as events have said them. Never stored. */
export interface ContextReader {
  /** Carrier, region and codec stated by the events of these correlation ids, by memberText. */
  contexts(
    members: readonly MemberKey[],
  ): Promise<
    ReadonlyMap<
      string,
      { readonly carrier?: string; readonly region?: string; readonly codec?: string; readonly traceId?: string }
    >
  >
}

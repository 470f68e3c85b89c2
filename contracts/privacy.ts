import type { EpochMs } from './call-record.ts'
import type { UnavailableReason } from './call-telemetry.ts'
import type { LogLine, Span } from './signals/otlp.ts'

/** Whose signal it is and when it happened: what policy, key and erasures are chosen by. Never the present time. */
export interface Whose {
  readonly tenant: string
  readonly atMs: EpochMs
  /** Correlation id, where it has one: a call may be erased as a whole. */
  readonly correlationId?: string | undefined
}

/**
 * What decode steps do to personal data before anything is stored. Pure: what comes out depends on the signal, the settings
 * and the list of erasures. The same object comes back where nothing had to be changed.
 */
export interface Privacy {
  /** Data of a call event, CDR or activity event: its parties, the ids of persons and the free text in it. */
  data<Data extends object>(data: Data, whose: Whose): { readonly data: Data; readonly erased: boolean }
  /** The same for an audit event, which erasures leave as it is: it has to say who did what. */
  audit<Data extends object>(data: Data, whose: Whose): Data
  /** A log line: body and attributes. Ids that join it to calls stay as they are. */
  line(line: LogLine, whose: Whose): LogLine
  /** A span: names, messages, attributes and events. */
  span(span: Span, whose: Whose): { readonly span: Span; readonly erased: boolean }
}

/** What stands where a person was erased. */
export const erasedMark = 'erased'

/** A person or a call that is to be forgotten. Persons are known by keyed hashes of what they are called: see docs/privacy.md. */
export interface Erasure {
  readonly sequence: number
  readonly tenant: string
  readonly kind: 'party' | 'call'
  /** Of a party: hashes, hex. Of a call: its correlation id. */
  readonly subjects: readonly string[]
  readonly madeBy: string
  readonly madeMs: EpochMs
}

/** Stores that an erasure has to reach, in the order in which they are told of. A closed set. */
export const erasedStores = ['warehouse', 'logs', 'traces', 'dead_letters', 'archive', 'log'] as const
export type ErasedStore = (typeof erasedStores)[number]

/**
 * What became of an erasure in one store. `done`: nobody is there any more. `expires`: what is left goes by itself, at `goneByMs`.
 * `unfinished`: something is left to be done, see `detail`.
 */
export interface ErasureStep {
  readonly store: ErasedStore
  readonly state: 'done' | 'expires' | 'unfinished'
  /** Rows, lines, letters or messages that were changed or deleted there when it was last told. */
  readonly count: number
  /** Epoch milliseconds; undefined where there is no such time, or nobody can tell. */
  readonly goneByMs?: EpochMs | undefined
  /** For people. */
  readonly detail: string
}

export interface ErasureStore {
  /** Key of the hashes: made once for each registry. */
  salt(): Promise<string>
  /** Told again, the first one stands. */
  add(erasure: Omit<Erasure, 'sequence' | 'madeMs'>): Promise<Erasure>
  /** Of one tenant, or of all; in the order in which they were told. */
  list(tenant?: string): Promise<readonly Erasure[]>
  /** Notes what became of an erasure; a store that is told of again replaces what was said of it. */
  note(tenant: string, sequence: number, steps: readonly ErasureStep[]): Promise<void>
  /** What became of a tenant's erasures, by sequence. */
  steps(tenant: string): Promise<ReadonlyMap<number, readonly ErasureStep[]>>
}

/** Lines to look for: under these correlation ids, and in which one of these squeezed texts stands. */
export interface LineScope {
  readonly tenant: string
  readonly ids: readonly string[]
  readonly texts: readonly string[]
}

/** A line by what it is (its 128-bit hash), and when it was said, epoch milliseconds. */
export interface NamedLine {
  readonly hash: string
  readonly atMs: EpochMs
}

/** Log lines that are kept elsewhere than in the warehouse. Never rejects because the store is down. */
export interface ErasingLogs {
  readonly retentionMs: number
  /** What it was asked to delete has gone for good after this long. */
  readonly deletedWithinMs: number
  /** Of the lines in this scope those that are named; what is looked for is logged nowhere. */
  find(
    scope: LineScope,
    isNamed: (line: LogLine) => boolean,
  ): Promise<
    | { readonly state: 'ok'; readonly lines: readonly NamedLine[] }
    | { readonly state: 'unavailable'; readonly why: UnavailableReason }
  >
  /** Asks for their deletion. `refused`: it deletes nothing, by its configuration. */
  remove(tenant: string, lines: readonly NamedLine[]): Promise<'asked' | 'refused' | 'unavailable'>
  close(): void
}

/** The same number, URI or name as every spelling of it may be stored: for searches. */
export interface PartySearch {
  /** Exact values to look for beside what was typed, of these tenants' calls that start within these bounds. */
  alternatives(
    tenants: readonly string[],
    typed: string,
    window: { readonly sinceMs?: EpochMs | undefined; readonly untilMs?: EpochMs | undefined },
  ): readonly string[]
}

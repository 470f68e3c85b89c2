import type { EpochMs } from './call-record.ts'
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

export interface ErasureStore {
  /** Key of the hashes: made once for each registry. */
  salt(): Promise<string>
  /** Told again, the first one stands. */
  add(erasure: Omit<Erasure, 'sequence' | 'madeMs'>): Promise<Erasure>
  /** Of one tenant, or of all; in the order in which they were told. */
  list(tenant?: string): Promise<readonly Erasure[]>
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

import type { CallRecord } from '#contracts/call-record.ts'
import {
  type Fact,
  type Facts,
  type KeptFacts,
  maxEventsPerMember,
  maxEvidencePerSubject,
  type StandingCall,
} from '#contracts/summaries.ts'

/** Bounds what is stored of one record: a conference of a thousand ids has fewer, a faulty producer may send any number. */
const maxKept = 20_000

/** What is to be stored beside a record that was folded from these facts: all that it does not show. */
export function keptBeside(record: CallRecord, { events, cdrs, evidence }: Facts): KeptFacts {
  const ofEvents = divide(record.events, events)
  const ofEvidence = divide(record.evidence, evidence)
  return {
    shown: { events: ofEvents.shown, evidence: ofEvidence.shown },
    events: ofEvents.rest.slice(0, maxKept),
    cdrs: cdrs.slice(0, maxKept),
    evidence: ofEvidence.rest.slice(0, maxKept),
  }
}

/** Checksums of the rows that the record shows, in its order, and the facts it does not. */
function divide<Row>(shown: readonly Row[], facts: readonly Fact<Row>[]) {
  const checksums = new Map(facts.map(({ row, checksum }) => [row, checksum]))
  const rest = shown.length === facts.length ? [] : withoutRows(facts, new Set(shown))
  return { shown: shown.map((row) => checksums.get(row) ?? ''), rest }
}

const withoutRows = <Row>(facts: readonly Fact<Row>[], rows: ReadonlySet<Row>): readonly Fact<Row>[] =>
  facts.filter(({ row }) => !rows.has(row))

/** Everything that a stored record was folded from. */
export function factsOf({ record, kept }: Pick<StandingCall, 'record' | 'kept'>): Facts {
  return {
    events: [...withChecksums(record.events, kept?.shown.events), ...(kept?.events ?? [])],
    cdrs: kept?.cdrs ?? [],
    evidence: [...withChecksums(record.evidence, kept?.shown.evidence), ...(kept?.evidence ?? [])],
  }
}

const withChecksums = <Row>(rows: readonly Row[], checksums: readonly string[] = []): readonly Fact<Row>[] =>
  rows.map((row, at) => ({ row, checksum: checksums[at] ?? '' }))

/**
 * Facts of one subject, those that were kept and those that raw holds: each identity once, with the content that has the
 * greater checksum, as if raw had never lost any. Bounded as what is read from raw is.
 */
export function mergeFacts(kept: Facts, stored: Facts): Facts {
  return {
    events: merge(kept.events, stored.events, identityOfEvent).sort(byTime).slice(0, maxEventsPerMember),
    cdrs: merge(kept.cdrs, stored.cdrs, identityOfEvent).sort(byTime).slice(0, maxEventsPerMember),
    evidence: merge(kept.evidence, stored.evidence, ({ kind, id }) => `${kind}\u0000${id}`)
      .sort((a, b) => b.row.severity - a.row.severity || byTime(a, b))
      .slice(0, maxEvidencePerSubject),
  }
}

const identityOfEvent = ({ source, id }: { readonly source: string; readonly id: string }) => `${source}\u0000${id}`

function merge<Row>(
  kept: readonly Fact<Row>[],
  stored: readonly Fact<Row>[],
  identityOf: (row: Row) => string,
): Fact<Row>[] {
  const facts = new Map(kept.map((fact) => [identityOf(fact.row), fact]))
  for (const fact of stored) {
    const known = facts.get(identityOf(fact.row))
    if (known === undefined || orderOf(fact) >= orderOf(known)) facts.set(identityOf(fact.row), fact)
  }
  return [...facts.values()]
}

/** What was kept without a checksum gives way to raw, which may hold it too. */
const orderOf = ({ checksum }: Fact<unknown>): bigint => (checksum === '' ? -1n : BigInt(checksum))

interface Timed {
  readonly atMs: number
  readonly source?: string
  readonly kind?: string
  readonly id: string
}

/** As raw is read: by time, then by what the row is. */
function byTime({ row: a }: { readonly row: Timed }, { row: b }: { readonly row: Timed }): number {
  if (a.atMs !== b.atMs) return a.atMs - b.atMs
  const [left, right] = [`${a.source ?? a.kind}\u0000${a.id}`, `${b.source ?? b.kind}\u0000${b.id}`]
  return left < right ? -1 : left > right ? 1 : 0
}

import type { ClickHouseClient } from '@clickhouse/client'
import type { CallEventRow, CdrRow, EvidenceRow, StreamDigest } from '#contracts/call-record.ts'
import { LastingError } from '#contracts/errors.ts'
import {
  type CallInputs,
  type Fact,
  type MemberInputs,
  type MemberKey,
  maxEventsPerMember,
  maxEvidencePerSubject,
  memberText,
  type StoredEvidence,
} from '#contracts/summaries.ts'
import { parseWellFormed } from '#contracts/well-formed.ts'
import { rowsOf } from '../client.ts'
import { textKeys } from '../literal.ts'
import { readFrozen } from './frozen-reader.ts'
import { readDigests } from './stream-digests.ts'

/** What a record is folded from, read for many calls at once. */
export function createCallInputs(client: ClickHouseClient): CallInputs {
  return {
    async members(members) {
      if (members.length === 0) return []
      const inputs = new Map(members.map((member) => [memberText(member), emptyInputs(member)]))
      addAll(inputs, await readEvents(client, 'call_events', members), ({ events }, fact) => events.push(fact))
      addAll(inputs, await readEvents(client, 'cdr_records', members), ({ cdrs }, fact) => cdrs.push(fact))
      addAll(inputs, await readDigests(client, members), ({ streams }, { row }) => streams.push(row))
      return [...inputs.values()]
    },
    evidence: (subjects) => readEvidence(client, subjects),
    frozen: (places, context) => readFrozen(client, places, context),
  }
}

interface Gathered extends MemberInputs {
  readonly events: Fact<CallEventRow>[]
  readonly cdrs: Fact<CdrRow>[]
  readonly streams: StreamDigest[]
  rawUntilMs: number | undefined
}

/** One row read, with what is needed to lay it with its member. */
export interface OfMember<Row> {
  readonly tenant: string
  readonly row: Row & { readonly correlationId: string }
  readonly rawUntilMs: number
}

type FactOfMember<Row> = OfMember<Row> & Fact<Row>

const emptyInputs = ({ tenant, id }: MemberKey): Gathered => ({
  tenant,
  id,
  events: [],
  cdrs: [],
  streams: [],
  rawUntilMs: undefined,
})

/** Lays each row with its member. */
function addAll<Read extends OfMember<object>>(
  inputs: ReadonlyMap<string, Gathered>,
  rows: readonly Read[],
  add: (member: Gathered, read: Read) => void,
): void {
  for (const read of rows) {
    const member = inputs.get(memberText({ tenant: read.tenant, id: read.row.correlationId }))
    if (member === undefined) continue
    add(member, read)
    member.rawUntilMs = Math.min(member.rawUntilMs ?? read.rawUntilMs, read.rawUntilMs)
  }
}

const keysOf = (members: readonly MemberKey[]): string => textKeys(members.map(({ tenant, id }) => [tenant, id]))

type EventColumns = [string, string, string, string, number, string, string, string, number]

/** Events and call detail have one shape. FINAL merges equal keys even where their times fall in two partitions. */
async function readEvents(
  client: ClickHouseClient,
  table: 'call_events' | 'cdr_records',
  members: readonly MemberKey[],
): Promise<readonly FactOfMember<CallEventRow & CdrRow>[]> {
  const rows = await rowsOf<EventColumns>(
    client,
    `SELECT tenant, correlation_id, source, id, toUnixTimestamp64Milli(time) AS at, type, data, toString(checksum),
       toUnixTimestamp(expires_at)
     FROM ${table} FINAL WHERE (tenant, correlation_id) IN ${keysOf(members)}
     ORDER BY tenant, correlation_id, at, source, id LIMIT {limit: UInt32} BY tenant, correlation_id`,
    { limit: maxEventsPerMember },
  )
  return rows.map(([tenant, correlationId, source, id, atMs, type, data, checksum, expires]) => ({
    tenant,
    row: { correlationId, source, id, atMs, type, data: dataOf(data) },
    checksum,
    rawUntilMs: expires * 1_000,
  }))
}

/** Lasting, so that the call is found and given up whose row it is, and all others go on. */
function dataOf(json: string): Record<string, unknown> {
  try {
    return parseWellFormed(json) as Record<string, unknown>
  } catch {
    throw new LastingError('the data of a stored event is not JSON')
  }
}

type EvidenceColumns = [
  string,
  string,
  'log' | 'span',
  string,
  number,
  number,
  string,
  string,
  string,
  string,
  number,
  string,
  string,
  string,
  number,
]

async function readEvidence(
  client: ClickHouseClient,
  subjects: readonly MemberKey[],
): Promise<readonly StoredEvidence[]> {
  if (subjects.length === 0) return []
  const rows = await rowsOf<EvidenceColumns>(
    client,
    `SELECT tenant, subject, toString(kind), id, toUnixTimestamp64Milli(time) AS at, severity, reason, service, name, detail,
       duration_ms, trace_id, span_id, toString(checksum), toUnixTimestamp(expires_at)
     FROM call_evidence FINAL WHERE (tenant, subject) IN ${keysOf(subjects)}
     ORDER BY tenant, subject, severity DESC, at, kind, id LIMIT {limit: UInt32} BY tenant, subject`,
    { limit: maxEvidencePerSubject },
  )
  return rows.map(toEvidence)
}

function toEvidence(columns: EvidenceColumns): StoredEvidence {
  const [tenant, subject, kind, id, atMs, severity, reason, service, name, detail, durationMs] = columns
  const [traceId, spanId, checksum, expires] = columns.slice(11) as [string, string, string, number]
  return {
    tenant,
    row: {
      ...{ subject, kind, id, atMs, severity, reason: reason as EvidenceRow['reason'] },
      ...{ service, name, detail, durationMs, traceId, spanId },
    },
    checksum,
    rawUntilMs: expires * 1_000,
  }
}

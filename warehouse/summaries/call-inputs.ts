import type { ClickHouseClient } from '@clickhouse/client'
import type { CallEventRow, CallRecord, CdrRow, EvidenceRow, StreamDigest } from '#contracts/call-record.ts'
import { LastingError } from '#contracts/errors.ts'
import {
  type CallInputs,
  type MemberInputs,
  type MemberKey,
  memberText,
  type Place,
  type RecomputeContext,
  type StandingCall,
} from '#contracts/summaries.ts'
import { rowsOf } from '../client.ts'
import { keyList, textKeys } from '../literal.ts'
import { freezeAheadMs } from './minute-store.ts'
import { readDigests } from './stream-digests.ts'

/** A call that sends more events than this is a faulty producer; the first ones are kept, in order of time. */
const maxEventsPerMember = 5_000
const maxEvidencePerSubject = 200

export interface CallInputsOptions {
  readonly client: ClickHouseClient
  readonly retentionMs: number
}

/** What a record is folded from, read for many calls at once. */
export function createCallInputs({ client, retentionMs }: CallInputsOptions): CallInputs {
  return {
    async members(members) {
      if (members.length === 0) return []
      const inputs = new Map(members.map((member) => [memberText(member), emptyInputs(member)]))
      addAll(inputs, 'events', await readEvents(client, members))
      addAll(inputs, 'cdrs', await readCdrs(client, members))
      addAll(inputs, 'streams', await readDigests(client, members))
      return [...inputs.values()]
    },
    evidence: (subjects) => readEvidence(client, subjects),
    frozen: (places, context) => readFrozen(client, places, context, retentionMs),
  }
}

interface Gathered extends MemberInputs {
  readonly events: CallEventRow[]
  readonly cdrs: CdrRow[]
  readonly streams: StreamDigest[]
  rawUntilMs: number | undefined
}

/** One row read, with what is needed to lay it with its member. */
export interface OfMember<Row> {
  readonly tenant: string
  readonly row: Row & { readonly correlationId: string }
  readonly rawUntilMs: number
}

const emptyInputs = ({ tenant, id }: MemberKey): Gathered => ({
  tenant,
  id,
  events: [],
  cdrs: [],
  streams: [],
  rawUntilMs: undefined,
})

function addAll<Kind extends 'events' | 'cdrs' | 'streams'>(
  inputs: ReadonlyMap<string, Gathered>,
  kind: Kind,
  rows: readonly OfMember<Gathered[Kind][number]>[],
): void {
  for (const { tenant, row, rawUntilMs } of rows) {
    const member = inputs.get(memberText({ tenant, id: row.correlationId }))
    if (member === undefined) continue
    ;(member[kind] as (typeof row)[]).push(row)
    member.rawUntilMs = Math.min(member.rawUntilMs ?? rawUntilMs, rawUntilMs)
  }
}

const keysOf = (members: readonly MemberKey[]): string => textKeys(members.map(({ tenant, id }) => [tenant, id]))

type EventColumns = [string, string, string, string, number, string, string, number]

async function readEvents(client: ClickHouseClient, members: readonly MemberKey[]): Promise<OfMember<CallEventRow>[]> {
  const rows = await rowsOf<EventColumns>(client, eventsQuery('call_events', members), { limit: maxEventsPerMember })
  return rows.map(toEvent)
}

async function readCdrs(client: ClickHouseClient, members: readonly MemberKey[]): Promise<OfMember<CdrRow>[]> {
  const rows = await rowsOf<EventColumns>(client, eventsQuery('cdr_records', members), { limit: maxEventsPerMember })
  return rows.map(toEvent)
}

/** Events and call detail have one shape. FINAL merges equal keys even where their times fall in two partitions. */
const eventsQuery = (table: 'call_events' | 'cdr_records', members: readonly MemberKey[]): string => `
  SELECT tenant, correlation_id, source, id, toUnixTimestamp64Milli(time) AS at, type, data, toUnixTimestamp(expires_at)
  FROM ${table} FINAL WHERE (tenant, correlation_id) IN ${keysOf(members)}
  ORDER BY tenant, correlation_id, at, source, id LIMIT {limit: UInt32} BY tenant, correlation_id`

const toEvent = ([
  tenant,
  correlationId,
  source,
  id,
  atMs,
  type,
  data,
  expires,
]: EventColumns): OfMember<CallEventRow> => ({
  tenant,
  row: { correlationId, source, id, atMs, type, data: dataOf(data) },
  rawUntilMs: expires * 1_000,
})

/** Lasting, so that the call is found and given up whose row it is, and all others go on. */
function dataOf(json: string): Record<string, unknown> {
  try {
    return JSON.parse(json) as Record<string, unknown>
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
]

async function readEvidence(
  client: ClickHouseClient,
  subjects: readonly MemberKey[],
): Promise<readonly (EvidenceRow & { readonly tenant: string })[]> {
  if (subjects.length === 0) return []
  const rows = await rowsOf<EvidenceColumns>(
    client,
    `SELECT tenant, subject, toString(kind), id, toUnixTimestamp64Milli(time) AS at, severity, reason, service, name, detail,
       duration_ms, trace_id, span_id
     FROM call_evidence FINAL WHERE (tenant, subject) IN ${keysOf(subjects)}
     ORDER BY tenant, subject, severity DESC, at, kind, id LIMIT {limit: UInt32} BY tenant, subject`,
    { limit: maxEvidencePerSubject },
  )
  return rows.map(
    ([tenant, subject, kind, id, atMs, severity, reason, service, name, detail, durationMs, traceId, spanId]) => ({
      tenant,
      subject,
      kind,
      id,
      atMs,
      severity,
      reason: reason as EvidenceRow['reason'],
      service,
      name,
      detail,
      durationMs,
      traceId,
      spanId,
    }),
  )
}

async function readFrozen(
  client: ClickHouseClient,
  places: readonly Place[],
  { logNowMs }: RecomputeContext,
  retentionMs: number,
): Promise<readonly StandingCall[]> {
  // Raw lives for the retention after the event at least, so the record of a younger call cannot be frozen.
  const old = places.filter(({ atMs }) => atMs <= logNowMs - retentionMs + freezeAheadMs)
  if (old.length === 0) return []
  const rows = await rowsOf<[string, string, number, number, string]>(
    client,
    `SELECT tenant, id, toUnixTimestamp64Milli(at) AS at_ms, toUnixTimestamp(raw_until), record FROM calls FINAL
     WHERE (tenant, at, id) IN ${keyList(
       ['String', "DateTime64(3, 'UTC')", 'String'],
       old.map(({ tenant, canonical, atMs }) => [tenant, atMs, canonical]),
     )}
       AND is_deleted = 0 AND raw_until > 0 AND toUnixTimestamp(raw_until) <= {horizon: UInt32}`,
    { horizon: Math.floor((logNowMs + freezeAheadMs) / 1_000) },
  )
  return rows.map(([tenant, id, atMs, untilSeconds, record]) => ({
    tenant,
    id,
    atMs,
    rawUntilMs: untilSeconds * 1_000,
    events: (JSON.parse(record) as CallRecord).events,
  }))
}

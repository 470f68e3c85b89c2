import type { ClickHouseClient } from '@clickhouse/client'
import type { CallEventRow } from '#contracts/call-record.ts'
import type { Attributes } from '#contracts/signals/otlp.ts'
import type { MemberKey } from '#contracts/summaries.ts'
import { insertRows, rowsOf, run } from '../client.ts'

/** What rows to look at: those of one call, or those in which one of these texts stands (see `squeezed`). */
export type EraseScope =
  | { readonly tenant: string; readonly call: string }
  | { readonly tenant: string; readonly hints: readonly string[] }

export interface StoredEvent extends CallEventRow {
  readonly traceId: string
}

/** An event without the person, and the checksum of its new row. Undefined: it names nobody who is to go. */
export type RewriteEvent = (event: StoredEvent) => { readonly data: string; readonly checksum: string } | undefined

/** Texts of a row of evidence, of a log line or of a span. */
export interface StoredText {
  readonly correlationId: string
  readonly atMs: number
  readonly text: string
  /** Of the row, its resource, and the parts of a span. */
  readonly attributes: readonly Attributes[]
}

export type TextTable = 'call_evidence' | 'otel_logs' | 'otel_traces'

/** Takes persons out of what is stored. Every statement has been carried out when its promise resolves, and may be repeated. */
export interface Eraser {
  /** Writes events again and deletes what they were. Returns the correlation ids of calls that changed, and the rows. */
  events(
    scope: EraseScope,
    rewrite: RewriteEvent,
  ): Promise<{ readonly ids: ReadonlySet<string>; readonly rows: number }>
  /**
   * Deletes rows that name the person; a replay stores them without. Returns the subjects they were of, and their keys.
   * `lines`: hashes of log lines that are gone, whose evidence has to go with them.
   */
  texts(
    table: TextTable,
    scope: EraseScope,
    by: { readonly names: (text: StoredText) => boolean; readonly lines?: ReadonlySet<string> },
  ): Promise<{ readonly ids: ReadonlySet<string>; readonly keys: readonly string[] }>
  /** Records of these members that were made before this version and are not yet replaced. */
  outdated(members: readonly MemberKey[], version: number): Promise<number>
  /** Deletes what replaced versions of these members' records still hold. */
  purge(members: readonly MemberKey[], version: number): Promise<void>
}

const page = 1_000

/** As `hintsOf` squeezes: without what people put between digits, in lower case. */
const squeezed = (column: string): string => `lowerUTF8(replaceRegexpAll(${column}, '[ ().\\\\-/\\\\x{a0}]|%20', ''))`

const inScope = (scope: EraseScope, column: string, callColumn: string): string =>
  'call' in scope
    ? `${callColumn} = {call:String}`
    : `arrayExists(hint -> position(${squeezed(column)}, hint) > 0, {hints:Array(String)})`

/** Mutations are waited for on every replica. */
const waited = 'SETTINGS mutations_sync = 2'

type EventRow = readonly [
  ...[correlationId: string, source: string, id: string, timeMs: number, type: string, legId: string],
  ...[codec: string, traceId: string, data: string, checksum: string, expiresAt: number],
]

export const createEraser = (client: ClickHouseClient): Eraser => ({
  events: (scope, rewrite) => rewriteEvents(client, scope, rewrite),
  texts: (table, scope, by) => deleteTexts(client, { ...by, table, scope }),
  async outdated(members, version) {
    if (members.length === 0) return 0
    const [row] = await rowsOf<[number]>(
      client,
      `SELECT count() FROM calls FINAL WHERE is_deleted = 0 AND version <= {version:UInt64} AND ${ofMembers}`,
      { ...paramsOf(members), version },
    )
    return row?.[0] ?? 0
  },
  async purge(members, version) {
    if (members.length === 0) return
    await run(client, `ALTER TABLE calls DELETE WHERE version <= {version:UInt64} AND ${ofMembers} ${waited}`, {
      ...paramsOf(members),
      version,
    })
  },
})

async function rewriteEvents(client: ClickHouseClient, scope: EraseScope, rewrite: RewriteEvent) {
  const ids = new Set<string>()
  let rows = 0
  for await (const found of eventPages(client, scope)) {
    const changed = found.flatMap((row) => {
      const after = rewrite(eventOf(row))
      return after === undefined || after.checksum === row[9] ? [] : [{ row, after }]
    })
    if (changed.length === 0) continue
    await insertRows(
      client,
      'call_events',
      changed.map(({ row, after }) => rewritten(scope.tenant, row, after)),
    )
    await run(
      client,
      `ALTER TABLE call_events DELETE WHERE tenant = {tenant:String} AND correlation_id IN {ids:Array(String)}
         AND has({olds:Array(String)}, concat(correlation_id, '\\n', source, '\\n', id, '\\n', toString(checksum))) ${waited}`,
      {
        tenant: scope.tenant,
        ids: [...new Set(changed.map(({ row }) => row[0]))],
        olds: changed.map(({ row: [correlationId, source, id, , , , , , , checksum] }) =>
          [correlationId, source, id, checksum].join('\n'),
        ),
      },
    )
    for (const { row } of changed) ids.add(row[0])
    rows += changed.length
  }
  return { ids, rows }
}

type TextsAsked = Parameters<Eraser['texts']>[2] & { readonly table: TextTable; readonly scope: EraseScope }

async function deleteTexts(client: ClickHouseClient, { table, scope, names, lines = new Set() }: TextsAsked) {
  const { select, key, call, text, tenant } = textSources[table]
  const found = await rowsOf<[string, string, string, number, string, Record<string, string>[]]>(
    client,
    `SELECT ${key}, ${select} FROM ${table} WHERE ${tenant} = {tenant:String}
       AND (${inScope(scope, text, call)}${table === 'call_evidence' ? ' OR id IN {lines:Array(String)}' : ''})`,
    { ...scope, lines: [...lines] },
  )
  const named = found.filter(
    ([id, , correlationId, atMs, body, attributes]) =>
      lines.has(id.slice(id.lastIndexOf('\n') + 1)) || names({ correlationId, atMs, text: body, attributes }),
  )
  for (let from = 0; from < named.length; from += page) {
    const keys = named.slice(from, from + page).map(([first]) => first)
    await run(
      client,
      `ALTER TABLE ${table} DELETE WHERE ${tenant} = {tenant:String} AND ${key} IN {keys:Array(String)} ${waited}`,
      { tenant: scope.tenant, keys },
    )
  }
  return {
    ids: new Set(named.map(([, subject]) => subject).filter((id) => id !== '')),
    keys: named.map(([id]) => id),
  }
}

/** Of one tenant. */
const ofMembers = 'tenant = {tenant:String} AND hasAny(members, {members:Array(String)})'
const paramsOf = (members: readonly MemberKey[]) => ({
  tenant: members[0]?.tenant,
  members: members.map(({ id }) => id),
})

async function* eventPages(client: ClickHouseClient, scope: EraseScope): AsyncGenerator<readonly EventRow[]> {
  let after: readonly [string, string, string, string] = ['', '', '', '0']
  for (;;) {
    const rows: readonly EventRow[] = await rowsOf<[...EventRow]>(
      client,
      // Not FINAL: what lost to another version lies there, too.
      `SELECT correlation_id, source, id, toUnixTimestamp64Milli(time), type, leg_id, codec, trace_id, data, toString(checksum), toUnixTimestamp(expires_at)
       FROM call_events WHERE tenant = {tenant:String} AND ${inScope(scope, 'data', 'correlation_id')}
         AND (correlation_id, source, id, checksum) > ({a0:String}, {a1:String}, {a2:String}, {a3:UInt64})
       ORDER BY correlation_id, source, id, checksum LIMIT ${page}`,
      { ...scope, a0: after[0], a1: after[1], a2: after[2], a3: after[3] },
    )
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    if (rows.length < page) return
    after = [last[0], last[1], last[2], last[9]]
  }
}

const eventOf = ([correlationId, source, id, atMs, type, , , traceId, data]: EventRow): StoredEvent => ({
  ...{ correlationId, source, id, atMs, type, traceId },
  data: JSON.parse(data) as Record<string, unknown>,
})

const rewritten = (tenant: string, row: EventRow, { data, checksum }: { data: string; checksum: string }) => {
  const [correlation_id, source, id, time, type, leg_id, codec, trace_id, , , expires_at] = row
  return { tenant, correlation_id, source, id, time, type, leg_id, codec, trace_id, data, checksum, expires_at }
}

/** Where the texts of a row stand: its key, the subject of its evidence, the call that it names, its time, text and attributes. */
const textSources: Readonly<
  Record<TextTable, { select: string; key: string; call: string; text: string; tenant: string }>
> = {
  call_evidence: {
    select: "subject, subject, toUnixTimestamp64Milli(time), concat(name, '\\n', detail), []",
    key: "concat(subject, '\\n', toString(kind), '\\n', id)",
    call: 'subject',
    text: "concat(name, '\\n', detail)",
    tenant: 'tenant',
  },
  otel_logs: {
    select:
      "'', CorrelationId, toUnixTimestamp64Milli(toDateTime64(Timestamp, 3)), Body, [LogAttributes, ResourceAttributes]",
    key: 'toString(Hash)',
    call: 'CorrelationId',
    text: "concat(Body, '\\n', toString(LogAttributes), toString(ResourceAttributes))",
    tenant: 'Tenant',
  },
  otel_traces: {
    select: `'', CorrelationId, toUnixTimestamp64Milli(toDateTime64(Timestamp, 3)), concat(SpanName, '\\n', StatusMessage, '\\n', arrayStringConcat(Events.Name, '\\n')),
      arrayConcat([SpanAttributes::Map(String, String), ResourceAttributes::Map(String, String)], Events.Attributes::Array(Map(String, String)))`,
    key: "concat(TraceId, '\\n', SpanId, '\\n', SpanKind)",
    call: 'CorrelationId',
    text: "concat(SpanName, '\\n', StatusMessage, '\\n', toString(SpanAttributes), toString(ResourceAttributes), toString(Events.Name), toString(Events.Attributes))",
    tenant: 'Tenant',
  },
}

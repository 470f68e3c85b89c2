import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TelemetryScope } from '#contracts/call-telemetry.ts'
import type { CallReader } from '#contracts/warehouse.ts'
import { connectWarehouse } from '../client.ts'
import { listMigrations, migrateWarehouse } from '../migrate.ts'
import { createCallReader } from './call-reader.ts'

const startMs = Date.UTC(2026, 4, 1, 10)
// A row that has expired may be merged away at any moment. Links are kept for ten years more, which has to fit into 2106.
const expiresAt = Math.floor(Date.now() / 1_000) + 30 * 86_400
let client: Awaited<ReturnType<typeof connectWarehouse>>
let reader: CallReader

interface Planted {
  readonly tenant?: string
  readonly id: string
  readonly atMs: number
  readonly members?: readonly string[]
  readonly version?: number
  readonly deleted?: boolean
  readonly class?: string
  readonly carrier?: string
}

const insert = (table: string, values: readonly object[]) =>
  client.insert({ table, values: [...values], format: 'JSONEachRow' })

async function plant(calls: readonly Planted[]): Promise<void> {
  const full = calls.map((call) => ({
    tenant: 'acme',
    members: [call.id],
    version: 1,
    deleted: false,
    class: 'good',
    carrier: 'northtel',
    ...call,
  }))
  await insert(
    'calls',
    full.map(({ tenant, id, atMs, members, version, deleted, ...call }) => ({
      ...{
        tenant,
        id,
        at: atMs,
        version,
        is_deleted: deleted ? 1 : 0,
        members,
        state: 'settled',
        class: call.class,
        carrier: call.carrier,
        disposition: 'answered',
        as_of: atMs + 60_000,
      },
      record: JSON.stringify({
        tenant,
        id,
        correlationIds: members,
        traceIds: ['ab'.repeat(16)],
        startedMs: atMs,
        endedMs: atMs + 30_000,
        events: [],
        streams: [],
      }),
    })),
  )
  await insert(
    'call_keys',
    full.flatMap(({ tenant, id, atMs, members, version }) =>
      members.map((member) => ({ tenant, id: member, canonical: id, at: atMs, version })),
    ),
  )
}

beforeAll(async () => {
  client = await connectWarehouse({ location: { path: mkdtempSync(join(tmpdir(), 'callscope-read-')) } })
  await migrateWarehouse(client, await listMigrations())
  reader = createCallReader(client)
  // Ten calls a minute for an hour, two tenants, and one a hundred days before.
  const hour = Array.from({ length: 600 }, (_, at) => ({
    tenant: at % 2 === 0 ? 'acme' : 'globex',
    id: `c${String(at).padStart(4, '0')}`,
    atMs: startMs + at * 6_000,
    class: at % 50 === 0 ? 'poor' : 'good',
    carrier: at % 3 === 0 ? 'bluewave' : 'northtel',
  }))
  await plant([...hour, { id: 'ancient', atMs: startMs - 100 * 86_400_000 }])
})
afterAll(() => client.close())

test('the latest calls come first, a page at a time, each once, to the very first', async () => {
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await reader.list({ limit: 97, ...(cursor === undefined ? {} : { cursor }) })
    seen.push(...page.calls.map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor !== undefined)
  expect(seen).toHaveLength(601)
  expect(new Set(seen).size).toBe(601)
  expect([seen[0], seen.at(-1)]).toEqual(['c0599', 'ancient'])
})

test('filters hold together, and the page says until when it is complete', async () => {
  const page = await reader.list({
    tenant: 'acme',
    class: ['poor'],
    carrier: 'bluewave',
    sinceMs: startMs,
    untilMs: startMs + 3_600_000,
    limit: 100,
  })
  expect(page.calls.map(({ id }) => id)).toEqual(['c0450', 'c0300', 'c0150', 'c0000'])
  expect(page.completeUntilMs).toBe(startMs + 60_000)
  expect((await reader.list({ carrier: 'nobody', limit: 5 })).calls).toEqual([])
})

test('a cursor made up by somebody is refused', async () => {
  await expect(reader.list({ limit: 5, cursor: 'nonsense' })).rejects.toMatchObject({ statusCode: 400 })
})

test('values are never part of the query text', async () => {
  const hostile = "x' OR 1 = 1 --"
  expect((await reader.list({ tenant: hostile, limit: 5 })).calls).toEqual([])
  expect(await reader.whole('acme', hostile)).toBeUndefined()
  expect(await reader.whole(undefined, `trace:${hostile}`)).toBeUndefined()
})

test('a call that moved and merged is found by any member, at its new place, and only there', async () => {
  await plant([{ id: 'm2', atMs: startMs + 1, version: 1 }])
  await plant([
    { id: 'm1', atMs: startMs + 2, version: 2, members: ['m1', 'm2'] },
    { id: 'm2', atMs: startMs + 1, version: 2, deleted: true },
  ])
  for (const id of ['m1', 'm2'])
    expect(await reader.whole('acme', id)).toMatchObject({ version: 2, record: { id: 'm1' } })
  expect((await reader.list({ id: 'm2', limit: 5 })).calls).toMatchObject([{ id: 'm1' }])
  expect((await reader.list({ sinceMs: startMs, untilMs: startMs + 3, limit: 5 })).calls.map(({ id }) => id)).toEqual([
    'm1',
    'c0000',
  ])
})

test('another tenant finds nothing under an id that is not its own', async () => {
  for (const others of ['globex', ['globex', 'nobody'], []]) expect(await reader.whole(others, 'c0000')).toBeUndefined()
  expect(await reader.whole(['globex', 'acme'], 'c0000')).toMatchObject({ record: { tenant: 'acme' } })
  expect(await reader.whole(undefined, 'c0000')).toMatchObject({ record: { tenant: 'acme' } })
})

test("a whole call brings its minutes, logs and spans, each once, and nobody else's", async () => {
  await plant([{ id: 'w1', atMs: startMs }])
  const minute = {
    tenant: 'acme',
    correlation_id: 'w1',
    minute: startMs / 1_000,
    leg_id: 'a',
    kind: 'audio',
    direction: 'receive',
    stream_id: '',
    observer: 'sbc',
    measured_ms: 60_000,
  }
  const mos = [
    {
      kind: 'conversational',
      band: 'N',
      source: 'computed',
      codec_row: 'g711',
      grounded: 1,
      ms: 1_000,
      hundredth_ms: 420_000,
      min_hundredths: 420,
      max_hundredths: 420,
      extrapolated_ms: 0,
    },
  ]
  await insert('call_minutes', [
    { ...minute, row_count: 1, scope: 'interval', version: 1, packets_lost: 100, packets_expected: 100 },
    {
      ...minute,
      row_count: 1,
      scope: 'interval',
      version: 2,
      packets_received: 2_970,
      packets_lost: 30,
      packets_discarded: 30,
      packets_expected: 3_000,
      jitter_weight_ms: 60_000,
      jitter_tenth_ms_sum: 60_000 * 125,
      mos,
    },
    { ...minute, row_count: 1, scope: 'call', version: 2, packets_lost: 9, packets_expected: 10 },
  ])
  const log = {
    Timestamp: `${startMs}123456`,
    Tenant: 'acme',
    CorrelationId: 'w1',
    TraceId: 'ab'.repeat(16),
    SeverityNumber: 17,
    ServiceName: 'routing',
    Body: 'no route',
    Hash: 'a'.repeat(32),
    LogAttributes: { k: 'v' },
    ExpiresAt: expiresAt,
  }
  await insert('otel_logs', [
    log,
    log,
    { ...log, Tenant: 'globex', Hash: 'b'.repeat(32) },
    { ...log, CorrelationId: '', Hash: 'c'.repeat(32), Body: 'by trace' },
  ])
  const span = {
    Timestamp: `${startMs}000001`,
    Duration: 2_000_000,
    Tenant: 'acme',
    TraceId: 'ab'.repeat(16),
    SpanId: 'cd'.repeat(8),
    SpanName: 'INVITE',
    SpanKind: 'Server',
    StatusCode: 'Error',
    'Events.Timestamp': [`${startMs}000002`],
    'Events.Name': ['retry'],
    'Events.Attributes': [{}],
    Checksum: 1,
    ExpiresAt: expiresAt,
  }
  await insert('otel_traces', [span, span])
  const whole = await reader.whole('acme', 'w1')
  expect(whole?.minutes).toEqual([
    expect.objectContaining({
      observer: 'sbc',
      minuteMs: startMs,
      lossRatio: 0.02,
      jitterMs: 12.5,
      roundTripMs: undefined,
      scope: 'interval',
      mos: 4.2,
      mosName: 'MOS-CQEN',
      grounded: true,
    }),
    expect.objectContaining({ observer: 'sbc', scope: 'call', minuteMs: startMs, lossRatio: 0.9 }),
  ])
  expect(whole?.telemetry).toEqual({ logs: 'ok', spans: 'ok' })
  expect(whole?.logs.map(({ body }) => body).sort()).toEqual(['by trace', 'no route'])
  expect(whole?.logs[0]).toMatchObject({ timeUnixNano: `${startMs}123456`, attributes: { k: 'v' }, severityNumber: 17 })
  expect(whole?.spans).toMatchObject([
    {
      spanId: 'cd'.repeat(8),
      kind: 2,
      statusCode: 2,
      startTimeUnixNano: `${startMs}000001`,
      endTimeUnixNano: `${startMs + 2}000001`,
      events: [{ name: 'retry' }],
    },
  ])
})

test('a call is found by its trace id', async () => {
  await plant([{ id: 't1', atMs: startMs }])
  await insert('call_links', [
    { tenant: 'acme', node: 'trace_id:0af7651916cd43dd8448eb211c80319c', other: 'id:t1', expires_at: expiresAt },
  ])
  expect(await reader.whole('acme', 'trace:0AF7651916CD43DD8448EB211C80319C')).toMatchObject({ record: { id: 't1' } })
  expect(await reader.whole('globex', 'trace:0af7651916cd43dd8448eb211c80319c')).toBeUndefined()
})

test('logs and spans kept elsewhere are asked for by the ids and the time of the call; a store that is down leaves the call', async () => {
  const asked: TelemetryScope[] = []
  const elsewhere = createCallReader(client, {
    async logs(scope) {
      asked.push(scope)
      return { state: 'unavailable', why: 'timeout', rows: [] }
    },
    spans: async () => ({ state: 'ok', rows: [] }),
  })
  expect(await elsewhere.whole('acme', 'w1')).toMatchObject({
    ...{ record: { id: 'w1' }, logs: [], spans: [] },
    telemetry: { logs: 'unavailable', logsWhy: 'timeout', spans: 'ok' },
  })
  expect(asked).toMatchObject([{ tenant: 'acme', ids: expect.arrayContaining(['w1']) }])
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sink } from '#contracts/sink.ts'
import type { TracedRow } from '#contracts/warehouse.ts'
import { pause } from '#pipelines/pause.ts'
import { aConfig, aLine, manyLines } from '#sinks/loki/lines-for-tests.ts'
import { createLokiSink } from '#sinks/loki/loki-sink.ts'
import { createLokiTelemetry } from '#sinks/loki/loki-telemetry.ts'
import type { DeliveryObserver } from '#sinks/shared/observer.ts'
import { temporaryFolder } from './servers/guard.ts'
import { startLoki } from './servers/loki.ts'
import type { StackServer } from './servers/server.ts'

const never = new AbortController().signal
const hourMs = 3_600_000
const storedNanos = (ms: number): string =>
  `${Math.floor(ms / 1_000)}.${String((ms % 1_000) * 1_000_000).padStart(9, '0')}`

let server: StackServer
const startedMs = Date.now()
/** Its own, because it is killed here and has limits of its own: the stack's belongs to all tests. */
beforeAll(async () => {
  server = await startLoki({
    folder: await temporaryFolder('callscope-loki-'),
    overrides: {
      slow: { ingestion_rate_mb: 0.05, ingestion_burst_size_mb: 0.02 },
      few: { max_global_streams_per_user: 3 },
    },
  })
}, 90_000)
afterAll(() => server?.stop())

function open(config: object = { tenants: 'each' }) {
  const counts = new Map<string, number>()
  const add = (key: string, rows = 1): void => void counts.set(key, (counts.get(key) ?? 0) + rows)
  const observer: DeliveryObserver = {
    stored: (_, rows) => add('stored', rows),
    retry: (_, reason) => add(`retry ${reason}`),
    refused: (_, reason, rows) => add(`refused ${reason}`, rows),
    cut: (_, reason, rows) => add(`cut ${reason}`, rows),
  }
  const backoff = { firstMs: 100, mostMs: 1_000 }
  const made = aConfig(server.address, config)
  const sink = createLokiSink({ config: made, observer, clock: Date.now, random: Math.random, backoff })
  return { sink, counts, telemetry: createLokiTelemetry({ config: made }) }
}

/** As a pipeline does: until nothing is left to send. */
async function deliver(sink: Sink<TracedRow>, rows: readonly TracedRow[], patienceMs = 60_000) {
  for (const patience = AbortSignal.timeout(patienceMs); !patience.aborted; ) {
    const delivery = await sink.deliver(rows, never)
    if (delivery.type !== 'retry') return delivery
    await pause(delivery.afterMs, never)
  }
  throw new Error('Loki did not take the rows in time')
}

/** Lines of one call, a millisecond apart, beginning at `fromMs`. */
const callLines = (tenant: string, call: string, { count = 200, fromMs = startedMs, partition = 0 } = {}) =>
  Array.from({ length: count }, (_, at) =>
    aLine(
      {
        Tenant: tenant,
        CorrelationId: call,
        LogAttributes: { correlation_id: call },
        Timestamp: storedNanos(fromMs + at),
        Body: `line ${at}`,
        Hash: `${call}${at}`.padStart(32, '0').slice(-32),
      },
      partition,
    ),
  )

const scopeOf = (tenant: string, ...ids: string[]) => ({
  ...{ tenant, ids, traceIds: [] },
  ...{ fromMs: startedMs - 5 * hourMs, toMs: startedMs + hourMs },
})

async function ask(tenant: string, path: string, question: Readonly<Record<string, string>>) {
  const answer = await fetch(`${server.address}/loki/api/v1/${path}`, {
    ...{ method: 'POST', body: new URLSearchParams(question), headers: { 'x-scope-orgid': tenant } },
  })
  return ((await answer.json()) as { data: { result: readonly { value: [number, string]; values: unknown[] }[] } }).data
}

/** Every entry that Loki shows, not those that our reader tells apart. */
async function entriesOf(tenant: string): Promise<number> {
  const time = { start: `${startedMs - 6 * hourMs}000000`, end: `${startedMs + hourMs}000000` }
  const { result } = await ask(tenant, 'query_range', { query: '{service_name=~".+"}', ...time, limit: '5000' })
  return result.reduce((sum, { values }) => sum + values.length, 0)
}

/** And how many it counts in a metric. */
async function countedOf(tenant: string): Promise<number> {
  const query = 'sum(count_over_time({service_name=~".+"}[6h]))'
  const { result } = await ask(tenant, 'query', { query, time: String(Math.ceil(startedMs / 1_000) + 3_600) })
  return Number(result[0]?.value[1] ?? 0)
}

describe('a real Loki', () => {
  test('keeps what was pushed, and gives it back as it was', async () => {
    const { sink, telemetry } = open()
    const rows = callLines('push', 'c-1')
    expect(await deliver(sink, rows)).toEqual({ type: 'delivered' })
    const answer = await telemetry.logs(scopeOf('push', 'c-1'))
    expect(answer.state).toBe('ok')
    expect(answer.rows.map(({ body }) => body)).toEqual(rows.map((_, at) => `line ${at}`))
    expect(answer.rows[0]).toEqual({
      tenant: 'push',
      timeUnixNano: `${startedMs}000000`,
      severityNumber: 9,
      severityText: 'INFO',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      serviceName: 'call-control',
      body: 'line 0',
      resource: { service_name: 'call-control', host_name: 'cc-1' },
      scopeName: 'sip',
      attributes: {},
    })
  })

  test('keeps a line once, however often and by however many it is sent', async () => {
    const rows = callLines('replay', 'c-1')
    for (let n = 0; n < 3; n++) expect(await deliver(open().sink, [...rows])).toEqual({ type: 'delivered' })
    expect((await open().telemetry.logs(scopeOf('replay', 'c-1'))).rows).toHaveLength(200)
    expect(await entriesOf('replay')).toBe(200)
  })

  /** Until then a metric counts both: what is in memory and what is written are not compared for it (seen with 3.7.8). */
  test('shows it once when it comes again after its chunk was written, and counts it once when the next is', async () => {
    const rows = callLines('flushed', 'c-1')
    const flush = async (): Promise<void> => {
      expect((await fetch(`${server.address}/flush`, { method: 'POST' })).status).toBe(204)
      for (let n = 0; n < 20 && (await countedOf('flushed')) !== 200; n++) await pause(500, never)
    }
    expect(await deliver(open().sink, [...rows])).toEqual({ type: 'delivered' })
    await flush()
    await pause(2_000, never)
    expect(await deliver(open().sink, [...rows])).toEqual({ type: 'delivered' })
    expect(await entriesOf('flushed')).toBe(200)
    await flush()
    expect([await entriesOf('flushed'), await countedOf('flushed')]).toEqual([200, 200])
  })

  test('takes the lines of a reader that lags two hours, because it has a lane of its own', async () => {
    const { sink, counts } = open()
    await deliver(sink, callLines('lanes', 'ahead', { partition: 1 }))
    const late = callLines('lanes', 'behind', { fromMs: startedMs - 2 * hourMs, partition: 2 })
    expect(await deliver(sink, late)).toEqual({ type: 'delivered' })
    expect(counts.get('refused too_far_behind')).toBeUndefined()
    expect(await entriesOf('lanes')).toBe(400)
  })

  test('refuses them in the lane of the others, and then they are counted and named', async () => {
    const { sink, counts } = open()
    await deliver(sink, callLines('one-lane', 'ahead', { partition: 1 }))
    const late = callLines('one-lane', 'behind', { count: 50, fromMs: startedMs - 2 * hourMs, partition: 17 })
    expect(await deliver(sink, late)).toMatchObject({ type: 'refused' })
    expect(counts.get('refused too_far_behind')).toBe(50)
    expect(await entriesOf('one-lane')).toBe(200)
  })

  test('refuses them though other streams of the same batch are taken: of several in one push it would not say so', async () => {
    const { sink, counts } = open()
    await deliver(sink, callLines('beside', 'ahead', { partition: 1 }))
    const late = callLines('beside', 'behind', { count: 50, fromMs: startedMs - 2 * hourMs, partition: 1 })
    const fine = callLines('beside', 'of another lane', { count: 50, fromMs: startedMs - 2 * hourMs, partition: 3 })
    expect(await deliver(sink, [...late, ...fine])).toMatchObject({ type: 'refused' })
    expect(counts.get('refused too_far_behind')).toBe(50)
    expect(await entriesOf('beside')).toBe(250)
  })

  test('refuses what is too old or too far ahead, and only that', async () => {
    const { sink, counts } = open()
    const old = callLines('old', 'old', { count: 300, fromMs: startedMs - 8 * 24 * hourMs, partition: 4 })
    const ahead = callLines('old', 'ahead', { count: 1, fromMs: startedMs + hourMs, partition: 5 })
    const delivery = await deliver(sink, [...old, ...callLines('old', 'now'), ...ahead])
    expect(delivery.type === 'refused' && delivery.rows.length).toBe(20)
    expect([counts.get('refused too_old'), counts.get('refused too_far_ahead')]).toEqual([300, 1])
    expect(await entriesOf('old')).toBe(200)
  })

  test('with a limit below one push gets all of it in the end', async () => {
    const { sink, counts } = open()
    const rows = callLines('slow', 'c-1', { count: 400 })
    expect(await deliver(sink, rows)).toEqual({ type: 'delivered' })
    expect(counts.get('retry rate_limited')).toBeGreaterThan(0)
    expect(await entriesOf('slow')).toBe(400)
  }, 90_000)

  test('says that it holds as many streams as it may: told apart from a rate, and nothing lost', async () => {
    const { sink, counts } = open()
    const rows = [0, 1, 2, 3, 4].flatMap((partition) => callLines('few', 'c-1', { count: 2, partition }))
    expect(await sink.deliver(rows, never)).toMatchObject({ type: 'retry' })
    expect(counts.get('retry stream_limit')).toBe(1)
  })

  test('takes the longest lines and the most metadata that we send, and names that are hardly any', async () => {
    const { sink, counts } = open()
    const names = [
      '***',
      '1st',
      '_x',
      '__name__',
      'a.b',
      'a_b',
      '',
      'ключ',
      'lane',
      'level',
      'detected_level',
      '\ud800',
    ]
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`key.${at}`, 'ü'.repeat(200)]))
    const rows = [
      aLine({ Tenant: 'odd', Timestamp: storedNanos(startedMs), Body: 'ü'.repeat(200_000), LogAttributes: many }),
      aLine({
        ...{
          Tenant: 'odd',
          Timestamp: storedNanos(startedMs),
          Body: '',
          ServiceName: '\u0000',
          TraceId: '',
          SpanId: '',
        },
        LogAttributes: Object.fromEntries(names.map((name) => [name, `\ud800 "${name}\\`])),
      }),
      aLine({
        Tenant: 'odd',
        Timestamp: storedNanos(startedMs),
        Body: 'e\u0000\n\ud83d',
        CorrelationId: 'we"ird\\.*|(x)\n',
      }),
    ]
    expect(await deliver(sink, rows)).toEqual({ type: 'delivered' })
    expect([...counts.keys()].filter((key) => key.startsWith('refused'))).toEqual([])
    expect(await entriesOf('odd')).toBe(3)
    const answer = await open().telemetry.logs(scopeOf('odd', 'we"ird\\.*|(x)\n'))
    expect(answer).toMatchObject({ state: 'ok', rows: [{ tenant: 'odd' }] })
  })

  test('in one organisation shows each tenant its own lines only, by id and by trace', async () => {
    const config = { tenants: 'one', tenantId: 'shared' }
    const { sink, telemetry } = open(config)
    await deliver(sink, [...callLines('acme', 'same'), ...callLines('globex', 'same', { count: 3 })])
    const globex = await telemetry.logs({ ...scopeOf('globex'), traceIds: ['4bf92f3577b34da6a3ce929d0e0e4736'] })
    expect([globex.state, globex.rows.length, globex.rows[0]?.tenant]).toEqual(['ok', 3, 'globex'])
    expect((await telemetry.logs(scopeOf('acme', 'same'))).rows).toHaveLength(200)
    expect((await telemetry.logs(scopeOf('acme"} | drop tenant', '.*'))).rows).toEqual([])
  })

  test('answers a call of more ids than fit one question', async () => {
    const { sink, telemetry } = open()
    const ids = Array.from({ length: 300 }, (_, at) => `leg-${at}`)
    const rows = ids.flatMap((id) => callLines('many', id, { count: 1 }))
    await deliver(sink, rows)
    expect((await telemetry.logs(scopeOf('many', ...ids))).rows).toHaveLength(300)
  })

  test('killed while lines flow takes them again when it is back: none lost, none double', async () => {
    const { sink, counts } = open()
    const rows = manyLines(3_000, { Tenant: 'killed', CorrelationId: 'c-1' }).map(({ cells, ...row }, at) => ({
      ...row,
      cells: cells.with(0, storedNanos(startedMs + at)),
    }))
    const batches = Array.from({ length: 10 }, (_, n) => rows.slice(n * 300, (n + 1) * 300))
    for (const [n, batch] of batches.entries()) {
      if (n === 4) await server.kill()
      const delivering = deliver(sink, batch, 90_000)
      if (n === 4) await server.start()
      expect(await delivering).toEqual({ type: 'delivered' })
    }
    expect(counts.get('retry unreachable')).toBeGreaterThan(0)
    expect(await entriesOf('killed')).toBe(3_000)
  }, 120_000)

  test('that is gone makes a call’s lines unavailable, and says why', async () => {
    const { telemetry } = open()
    await server.kill()
    expect(await telemetry.logs(scopeOf('push', 'c-1'))).toEqual({ state: 'unavailable', why: 'unreachable', rows: [] })
  })
})

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rawColumns } from '#contracts/raw-tables.ts'
import type { Cell, RawRow, RawTable } from '#contracts/warehouse.ts'
import { describeSinkPromises } from '#tests/promises/sink.ts'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { createRawSink } from './raw-sink.ts'

const daySeconds = 86_400
const nowSeconds = Math.floor(Date.now() / 1_000)
const deadline = new AbortController().signal

let warehouse: TestWarehouse
beforeAll(async () => {
  warehouse = await startWarehouse()
})
afterAll(() => warehouse?.stop())

const rowOf = (table: RawTable, cells: Readonly<Record<string, Cell>>): RawRow => ({
  table,
  cells: rawColumns[table].map((column) => cells[column] ?? null),
})

const aSample = (tenant: string, over: Readonly<Record<string, Cell>> = {}): RawRow => {
  const time = { minute: nowSeconds - (nowSeconds % 60), interval_end: nowSeconds * 1_000, interval_ms: 5_000 }
  const stream = { leg_id: '', kind: 'audio', direction: 'send', stream_id: '', observer: 'sbc', scope: 'interval' }
  const rest = {
    sequence: 0,
    source: '/s',
    key_scope: 1,
    epoch: '',
    codec: '',
    limitation: '',
    muted: 0,
    checksum: 1,
    expires_at: nowSeconds + 30 * daySeconds,
  }
  return rowOf('quality_samples', { tenant, correlation_id: 'c', ...time, ...stream, ...rest, ...over })
}

const anEvent = (id: string, over: Readonly<Record<string, Cell>> = {}): RawRow =>
  rowOf('call_events', {
    ...{
      tenant: 'text',
      correlation_id: 'c',
      source: '/s',
      id,
      time: nowSeconds * 1_000,
      type: 'call.held',
      leg_id: '',
    },
    ...{
      codec: '',
      trace_id: '',
      data: '{}',
      checksum: '18446744073709551615',
      expires_at: nowSeconds + daySeconds,
      ...over,
    },
  })

const aLogLine = (hash: string, over: Readonly<Record<string, Cell>> = {}): RawRow =>
  rowOf('otel_logs', {
    ...{
      Timestamp: `${nowSeconds}.000000001`,
      TraceId: '',
      SpanId: '',
      SeverityText: '',
      SeverityNumber: 9,
      ServiceName: 's',
    },
    ...{ Body: '', ResourceAttributes: {}, ScopeName: '', LogAttributes: {}, Tenant: 'text', CorrelationId: '' },
    ...{ Hash: hash, ExpiresAt: nowSeconds + daySeconds, ...over },
  })

/** What may stand in a text column: everything, and what the format gives a meaning more often than the rest. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\\',
        '\t',
        '\n',
        '\r',
        '\0',
        "'",
        '"',
        '`',
        '\\N',
        '\\t',
        '{',
        '}',
        '[',
        ',',
        ':',
        '\b',
        '\f',
        '\u2028',
        '💩',
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))
/** As UTF-8 keeps it: half a character is none. */
const kept = (text: string): string => Buffer.from(text).toString()

describe('rows as text', () => {
  test('any text comes back as it was', async () => {
    const sink = createRawSink({ client: warehouse.client })
    const texts = fc.sample(hostile, { numRuns: 400, seed: 20_261_121 })
    const rows = texts.map((text, n) => anEvent(`e-${n}`, { leg_id: text, data: text }))
    expect(await sink.deliver(rows, deadline)).toEqual({ type: 'delivered' })
    const found = await warehouse.rows<[string, string]>(
      `SELECT leg_id, data FROM call_events FINAL WHERE tenant = 'text' ORDER BY toUInt32(substring(id, 3))`,
    )
    expect(found).toEqual(texts.map((text) => [kept(text), kept(text)]))
  })

  test('and so does any map of texts', async () => {
    const sink = createRawSink({ client: warehouse.client })
    const maps = fc.sample(fc.dictionary(hostile, hostile, { maxKeys: 4 }), { numRuns: 150, seed: 20_261_121 })
    const whole = maps.map((map) =>
      Object.fromEntries(Object.entries(map).map(([key, value]) => [kept(key), kept(value)])),
    )
    const rows = whole.map((map, n) =>
      aLogLine(String(n).padStart(32, '0'), { LogAttributes: map, ResourceAttributes: map }),
    )
    expect(await sink.deliver(rows, deadline)).toEqual({ type: 'delivered' })
    const found = await warehouse.rows<[[string, string][], [string, string][]]>(
      `SELECT arrayZip(mapKeys(LogAttributes), mapValues(LogAttributes)), arrayZip(mapKeys(ResourceAttributes), mapValues(ResourceAttributes))
       FROM otel_logs FINAL WHERE Tenant = 'text' ORDER BY Hash`,
    )
    const entries = whole.map((map) => Object.entries(map))
    const sorted = (list: readonly (readonly [string, string])[]) => [...list].sort(([a], [b]) => (a < b ? -1 : 1))
    expect(found.map(([own, resource]) => [sorted(own), sorted(resource)])).toEqual(
      entries.map((list) => [sorted(list), sorted(list)]),
    )
  })

  test('lists of maps, as spans have them', async () => {
    const sink = createRawSink({ client: warehouse.client })
    const span = rowOf('otel_traces', {
      ...{
        Timestamp: `${nowSeconds}.000000000`,
        TraceId: 't',
        SpanId: 's',
        ParentSpanId: '',
        TraceState: '',
        SpanName: 'n',
      },
      ...{
        SpanKind: 'Server',
        ServiceName: 's',
        ResourceAttributes: {},
        ScopeName: '',
        SpanAttributes: {},
        Duration: '1',
      },
      ...{
        StatusCode: 'Ok',
        StatusMessage: '',
        'Events.Timestamp': [`${nowSeconds}.5`, `${nowSeconds}.6`],
        'Events.Name': ["it's", 'b'],
      },
      ...{
        'Events.Attributes': [{ "k'\\": "v'\t" }, {}],
        'Links.TraceId': ["'"],
        'Links.SpanId': ['\\'],
        Tenant: 'text',
      },
      ...{ CorrelationId: '', Checksum: '1', ExpiresAt: nowSeconds + daySeconds },
    })
    expect(await sink.deliver([span], deadline)).toEqual({ type: 'delivered' })
    expect(
      await warehouse.rows(
        "SELECT Events.Name, Events.Attributes[1]['k''\\\\'], Links.TraceId, Links.SpanId FROM otel_traces",
      ),
    ).toEqual([[["it's", 'b'], "v'\t", ["'"], ['\\']]])
  })

  test('unknown stays unknown, and a number stays whole', async () => {
    const sink = createRawSink({ client: warehouse.client })
    const most = Number.MAX_SAFE_INTEGER
    await sink.deliver([aSample('numbers', { packets_received: most, packets_lost: -most })], deadline)
    expect(
      await warehouse.rows(
        `SELECT packets_received, packets_lost, packets_sent, jitter_tenth_ms FROM quality_samples WHERE tenant = 'numbers'`,
      ),
    ).toEqual([[most, -most, null, null]])
  })
})

/** A tenant for each test, because they share a table; a connection that stays open for the others. */
let tenants = 0
describeSinkPromises<RawRow>('warehouse', async () => {
  const tenant = `promises-${tenants++}`
  const client = Object.create(warehouse.client, { close: { value: async () => undefined } })
  return {
    sink: createRawSink({ client }),
    rows: (count) => Array.from({ length: count }, (_, sequence) => aSample(tenant, { sequence })),
    guilty: () => aSample(tenant, { sequence: 1_000, packets_received: 'GUILTY' }),
    async stored() {
      const counted = `SELECT count() FROM quality_samples FINAL WHERE tenant = '${tenant}'`
      return (await warehouse.rows<[number]>(counted))[0]?.[0] ?? -1
    },
    dispose: async () => undefined,
  }
})

describe('the sink', () => {
  test('takes the same rows again without keeping them twice', async () => {
    const sink = createRawSink({ client: warehouse.client })
    const rows = [aSample('again'), aSample('again', { sequence: 1 })]
    for (let n = 0; n < 3; n++) expect(await sink.deliver(rows, deadline)).toEqual({ type: 'delivered' })
    expect(await warehouse.rows(`SELECT count() FROM quality_samples FINAL WHERE tenant = 'again'`)).toEqual([[2]])
  })

  test('finds the rows that can never be stored among a thousand, and stores all others', async () => {
    const sink = createRawSink({ client: warehouse.client })
    const guilty = new Set([0, 137, 138, 999])
    const rows = Array.from({ length: 1_000 }, (_, n) =>
      aSample('guilty', { sequence: n, ...(guilty.has(n) ? { packets_received: 'many' } : {}) }),
    )
    const delivery = await sink.deliver([...rows, anEvent('innocent', { tenant: 'guilty' })], deadline)
    expect(delivery.type).toBe('refused')
    const refused = delivery.type === 'refused' ? delivery.rows : []
    expect(refused.map(({ row }) => rows.indexOf(row))).toEqual([...guilty])
    for (const { detail } of refused) expect(detail).not.toContain('many')
    expect(await warehouse.rows(`SELECT count() FROM quality_samples FINAL WHERE tenant = 'guilty'`)).toEqual([[996]])
    expect(await warehouse.rows(`SELECT count() FROM call_events FINAL WHERE tenant = 'guilty'`)).toEqual([[1]])
  })

  test('spreads 160 days over inserts that the engine takes', async () => {
    const sink = createRawSink({ client: warehouse.client })
    const rows = Array.from({ length: 160 }, (_, n) => {
      const seconds = nowSeconds - n * daySeconds
      return aSample('days', { minute: seconds - (seconds % 60), interval_end: seconds * 1_000 })
    })
    expect(await sink.deliver(rows, deadline)).toEqual({ type: 'delivered' })
    expect(
      await warehouse.rows(`SELECT count(), uniqExact(toDate(minute)) FROM quality_samples WHERE tenant = 'days'`),
    ).toEqual([[160, 160]])
  })

  test('asks for the rows again when the store may yet take them', async () => {
    const refuse = async () =>
      Promise.reject(Object.assign(new Error('x'), { code: '241', type: 'MEMORY_LIMIT_EXCEEDED' }))
    const failing = { insert: refuse, exec: refuse }
    const sink = createRawSink({ client: failing as never, retryAfterMs: 7 })
    expect(await sink.deliver([aSample('x')], deadline)).toMatchObject({
      ...{ type: 'retry', afterMs: 7, cause: { message: 'ClickHouse error 241 (MEMORY_LIMIT_EXCEEDED)' } },
    })
  })
})

test('what is asked for again is only what was not acknowledged', async () => {
  let calls = 0
  const failing = new Proxy(warehouse.client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (name !== 'insert' && name !== 'exec') return value.bind(target)
      return (...parameters: readonly unknown[]) => {
        calls += 1
        // As a store that is out of luck at every second insert: two inserts in a row never succeed.
        if (calls % 2 === 0) throw new Error('away')
        return value.apply(target, parameters)
      }
    },
  })
  const sink = createRawSink({ client: failing })
  const rows = [
    aSample('unlucky'),
    anEvent('again-1', { tenant: 'unlucky' }),
    aLogLine('a'.repeat(32), { Tenant: 'unlucky' }),
  ]
  const bad = anEvent('again-2', { tenant: 'unlucky', time: 'yesterday' })
  const all = [...rows, bad]
  const deliveries = []
  while (deliveries.at(-1) !== 'refused' && deliveries.length < 20)
    deliveries.push((await sink.deliver(all, deadline)).type)
  expect(deliveries.at(-1)).toBe('refused')
  expect(await warehouse.rows(`SELECT count() FROM quality_samples WHERE tenant = 'unlucky'`)).toEqual([[1]])
  expect(await sink.deliver([...rows], deadline)).toMatchObject({ type: 'retry' })
})

test('a row alone is no dead letter for one request that was cut short on its way', async () => {
  const { client } = warehouse
  let asked = 0
  const cutOnce = new Proxy(client, {
    get: (target, name) =>
      name === 'insert' && ++asked === 1
        ? () => Promise.reject(Object.assign(new Error('Cannot read all data'), { code: '33' }))
        : Reflect.get(target, name, target),
  })
  const delivery = await createRawSink({ client: cutOnce }).deliver([anEvent('cut-once')], deadline)
  expect([delivery.type, asked]).toEqual(['delivered', 2])
})

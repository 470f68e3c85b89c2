import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rawColumns } from '#contracts/raw-tables.ts'
import type { Cell, RawRow, RawTable } from '#contracts/warehouse.ts'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { createRawSink } from './raw-sink.ts'

const nowSeconds = Math.floor(Date.now() / 1_000)
const expiresAt = nowSeconds + 86_400
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

const anEvent = (id: string): RawRow =>
  rowOf('call_events', {
    ...{ tenant: 'unheard', correlation_id: 'c', source: '/s', id, time: nowSeconds * 1_000, type: 'call.held' },
    ...{ leg_id: '', codec: '', trace_id: '', data: '{}', checksum: '1', expires_at: expiresAt },
  })

const aLogLine = (hash: string, attributes: Cell): RawRow =>
  rowOf('otel_logs', {
    ...{ Timestamp: `${nowSeconds}.000000001`, TraceId: '', SpanId: '', SeverityText: '', SeverityNumber: 9 },
    ...{ ServiceName: 's', Body: '', ResourceAttributes: {}, ScopeName: '', LogAttributes: attributes },
    ...{ Tenant: 'thrown', CorrelationId: '', Hash: hash, ExpiresAt: expiresAt },
  })

describe('a store that refuses for a reason that nobody has heard of', () => {
  const unheard = () => Object.assign(new Error('x'), { code: '4711', type: 'OF_NO_KNOWN_KIND' })

  /** Refuses every insert in which the guilty event is, or all of them. */
  const refusing = (isGuilty: (query: string) => boolean) =>
    new Proxy(warehouse.client, {
      get(target, name) {
        if (name !== 'insert') return Reflect.get(target, name, target)
        return async (given: Parameters<typeof target.insert>[0]) => {
          const chunks: Buffer[] = []
          for await (const chunk of given.values as AsyncIterable<Buffer>) chunks.push(chunk)
          const text = Buffer.concat(chunks).toString()
          if (isGuilty(text)) throw unheard()
          return target.insert({ ...given, values: Readable.from([text], { objectMode: false }) })
        }
      },
    })

  test('is asked again for a while, and then costs the guilty row alone', async () => {
    const sink = createRawSink({ client: refusing((text) => text.includes('guilty-one')), retryAfterMs: 1 })
    const rows = ['a', 'b', 'guilty-one', 'c', 'd'].map((id) => anEvent(id))
    let tries = 0
    let delivery = await sink.deliver(rows, deadline)
    while (delivery.type === 'retry' && tries++ < 100) delivery = await sink.deliver(rows, deadline)
    expect(delivery.type === 'refused' ? delivery.rows.map(({ row }) => rows.indexOf(row)) : delivery).toEqual([2])
    expect([tries > 5, tries < 60]).toEqual([true, true])
    expect(await warehouse.rows(`SELECT count() FROM call_events FINAL WHERE tenant = 'unheard'`)).toEqual([[4]])
  })

  test('takes nothing at all: rows wait, and none is blamed', async () => {
    const all = refusing(() => true)
    const client = new Proxy(all, {
      get: (target, name) => (name === 'command' ? () => Promise.reject(unheard()) : Reflect.get(target, name, target)),
    })
    const sink = createRawSink({ client, retryAfterMs: 1 })
    const rows = [anEvent('waits')]
    for (let tries = 0; tries < 100; tries++) expect((await sink.deliver(rows, deadline)).type).toBe('retry')
  })
})

test('a row over which our own code throws is a dead letter, and the others are stored', async () => {
  const sink = createRawSink({ client: warehouse.client })
  const throwing = Object.defineProperty({}, 'a', {
    enumerable: true,
    get() {
      throw new TypeError('undefined is not a function')
    },
  })
  const bad = aLogLine('b'.repeat(32), throwing)
  const delivery = await sink.deliver([aLogLine('c'.repeat(32), {}), bad], deadline)
  expect(delivery.type === 'refused' ? delivery.rows.map(({ row }) => row) : delivery).toEqual([bad])
  expect(await warehouse.rows(`SELECT count() FROM otel_logs WHERE Tenant = 'thrown'`)).toEqual([[1]])
})

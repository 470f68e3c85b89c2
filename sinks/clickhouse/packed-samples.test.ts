import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LogRecord } from '#contracts/event-log.ts'
import { rawColumns, sampleTypes } from '#contracts/raw-tables.ts'
import type { Cell } from '#contracts/warehouse.ts'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { createPackedSamples } from './packed-samples.ts'
import { createRawSink } from './raw-sink.ts'

const table = 'quality_samples'
const deadline = new AbortController().signal
const daySeconds = 86_400
const nowSeconds = Math.floor(Date.now() / 1_000)
const minute = nowSeconds - (nowSeconds % 60)

const recordAt = (offset: number, logTimeMs = nowSeconds * 1_000): LogRecord => ({
  ...{ topic: 'quality-samples', partition: 0, offset, logTimeMs, key: null, headers: {} },
  value: Buffer.from('{}'),
})

const cellsOf = (of: Readonly<Record<string, Cell>>): Cell[] => rawColumns[table].map((column) => of[column] ?? null)

const aSample = (tenant: string, sequence: number, over: Readonly<Record<string, Cell>> = {}): Cell[] =>
  cellsOf({
    ...{ minute, tenant, correlation_id: 'c', leg_id: '', kind: 'audio', direction: 'send', stream_id: '' },
    ...{
      observer: 'sbc',
      interval_end: nowSeconds * 1_000,
      sequence,
      source: '/s',
      key_scope: 1,
      scope: 'interval',
      interval_ms: 5_000,
    },
    ...{ epoch: '', codec: '', limitation: '', muted: 0, checksum: 1, expires_at: nowSeconds + 30 * daySeconds },
    ...over,
  })

const bounds: Readonly<Record<string, readonly [number, number]>> = {
  ...{ UInt8: [0, 255], UInt16: [0, 65_535], UInt32: [0, 4_294_967_295], DateTime: [0, 4_294_967_295] },
  ...{ UInt64: [0, Number.MAX_SAFE_INTEGER], Int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] },
  "DateTime64(3, 'UTC')": [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
}

const anyCell = (type: string): fc.Arbitrary<Cell> => {
  if (type === 'String') return fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 20 }))
  const plain = type.replace(/^Nullable\((.*)\)$/, '$1')
  const [min = 0, max = 0] = bounds[plain] ?? []
  const number = fc
    .oneof(fc.maxSafeInteger(), fc.constantFrom(min, max))
    .filter((value) => value >= min && value <= max)
  return plain === type ? number : fc.option(number, { freq: 3 })
}

describe('packed samples', () => {
  test('come back as they were, with their messages, in order, whatever is refused between them', () => {
    const anyRow = fc.tuple(...rawColumns[table].map((name) => anyCell(sampleTypes[name])))
    fc.assert(
      fc.property(fc.array(fc.tuple(anyRow, fc.boolean()), { maxLength: 20 }), (rows) => {
        const packed = createPackedSamples()
        const kept = rows.flatMap(([cells, fits], at) => {
          const record = recordAt(at)
          const given = fits ? cells : cells.map((cell, column) => (column === 20 ? -1 : cell))
          expect(packed.add(table, given, record)).toBe(fits)
          // Half of a pair of surrogates is no character: what goes out as UTF-8 has another in its place.
          return fits ? [{ table, cells: cells.map(wellFormed), record }] : []
        })
        expect(packed.length).toBe(kept.length)
        expect(packed.unpack()).toEqual(kept)
        expect([packed.length, packed.oldestMs, packed.unpack()]).toEqual([0, Number.NEGATIVE_INFINITY, []])
      }),
      { numRuns: 60 },
    )
  })

  test('grow far beyond their first room', () => {
    const packed = createPackedSamples()
    const names = Array.from({ length: 3_000 }, (_, at) => `${'long '.repeat(at % 40)}${at}`)
    for (const [at, name] of names.entries()) packed.add(table, aSample('t', at, { stream_id: name }), recordAt(at))
    const at = rawColumns[table].indexOf('stream_id')
    expect(packed.unpack().map(({ cells }) => cells[at])).toEqual(names)
  })

  test('are of samples alone', () => {
    expect(createPackedSamples().add('call_links', ['t', 'a', 'b', 0], recordAt(0))).toBe(false)
  })

  test('know how far behind its message the oldest was', () => {
    const packed = createPackedSamples()
    packed.add(table, aSample('t', 0), recordAt(0, minute * 1_000 + 500))
    packed.add(table, aSample('t', 1, { minute: minute - 600 }), recordAt(1, minute * 1_000))
    expect(packed.oldestMs).toBe(600_000)
  })
})

const wellFormed = (cell: Cell): Cell => (typeof cell === 'string' ? Buffer.from(cell).toString() : cell)

describe('delivered beside rows', () => {
  let warehouse: TestWarehouse
  beforeAll(async () => {
    warehouse = await startWarehouse()
  })
  afterAll(() => warehouse?.stop())

  const stored = (tenant: string) =>
    warehouse.rows(`SELECT sequence FROM quality_samples WHERE tenant = '${tenant}' ORDER BY sequence`)

  test('both are stored', async () => {
    const sink = createRawSink({ client: warehouse.client })
    const packed = sink.pack()
    packed.add(table, aSample('both', 1), recordAt(1))
    const rows = [{ table, cells: aSample('both', 2) } as const]
    expect(await sink.deliver(rows, deadline, packed)).toEqual({ type: 'delivered' })
    expect(await stored('both')).toEqual([[1], [2]])
  })

  test('one that the warehouse does not know the word of is refused with its message, and harms no other', async () => {
    const sink = createRawSink({ client: warehouse.client })
    const packed = sink.pack()
    for (let at = 0; at < 5; at++)
      packed.add(table, aSample('word', at, at === 3 ? { kind: 'smell' } : {}), recordAt(at))
    const delivery = await sink.deliver([], deadline, packed)
    expect(delivery).toMatchObject({ type: 'refused', rows: [{ row: { table, record: recordAt(3) } }] })
    expect(await stored('word')).toEqual([[0], [1], [2], [4]])
  })

  test('over more days than one insert may have, they go in several', async () => {
    const sink = createRawSink({ client: warehouse.client })
    const packed = sink.pack()
    const days = Array.from({ length: 130 }, (_, day) => day)
    for (const day of days)
      packed.add(table, aSample('days', day, { minute: minute - day * daySeconds }), recordAt(day))
    expect(await sink.deliver([], deadline, packed)).toEqual({ type: 'delivered' })
    expect(await stored('days')).toEqual(days.map((day) => [day]))
  })

  test('after a store that was away they come again, with what was not acknowledged', async () => {
    const client = warehouse.client
    let away = true
    const failing = new Proxy(client, {
      get(of, name) {
        if (name === 'exec' && away) return () => Promise.reject(new Error('away'))
        const member: unknown = Reflect.get(of, name)
        return typeof member === 'function' ? member.bind(of) : member
      },
    })
    const sink = createRawSink({ client: failing, retryAfterMs: 1 })
    const packed = sink.pack()
    packed.add(table, aSample('away', 1), recordAt(1))
    const rows = [{ table: 'call_links', cells: ['away', 'a', 'b', nowSeconds + daySeconds] } as const]
    expect(await sink.deliver(rows, deadline, packed)).toMatchObject({ type: 'retry' })
    expect(packed.length).toBe(1)
    away = false
    expect(await sink.deliver(rows, deadline, packed)).toEqual({ type: 'delivered' })
    expect(await stored('away')).toEqual([[1]])
    expect(await warehouse.rows(`SELECT count() FROM call_links WHERE tenant = 'away'`)).toEqual([[1]])
  })
})

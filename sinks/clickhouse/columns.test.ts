import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rawColumns, sampleTypes } from '#contracts/raw-tables.ts'
import type { Cell } from '#contracts/warehouse.ts'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { createColumns } from './columns.ts'
import { createRawSink } from './raw-sink.ts'

const deadline = new AbortController().signal
const nowSeconds = Math.floor(Date.now() / 1_000)

let warehouse: TestWarehouse
beforeAll(async () => {
  warehouse = await startWarehouse()
})
afterAll(() => warehouse?.stop())

/** What a sample must have for its table; a key of its own each. */
const fixed = (tenant: string, sequence: number) => ({
  ...{ minute: nowSeconds - (nowSeconds % 60), tenant, correlation_id: 'c', leg_id: '', kind: 'audio' },
  ...{
    direction: 'send',
    stream_id: '',
    observer: 'sbc',
    interval_end: nowSeconds * 1_000,
    sequence,
    source: '/s',
    key_scope: 1,
  },
  ...{ scope: 'interval', interval_ms: 5_000, epoch: '', codec: '', limitation: '', muted: 0, checksum: 1 },
  expires_at: nowSeconds + 86_400,
})

const rowOf = (cells: Readonly<Record<string, Cell>>) => ({
  table: 'quality_samples' as const,
  cells: rawColumns.quality_samples.map((column) => cells[column] ?? null),
})

const store = (rows: readonly Readonly<Record<string, Cell>>[]) =>
  createRawSink({ client: warehouse.client }).deliver(rows.map(rowOf), deadline)

const most = { UInt8: 255, UInt16: 65_535, UInt32: 4_294_967_295, UInt64: Number.MAX_SAFE_INTEGER }
const numberOf = (type: string): fc.Arbitrary<number | null> => {
  const plain = type.replace(/^Nullable\((.*)\)$/, '$1')
  const integer =
    plain === 'Int64' ? fc.maxSafeInteger() : fc.integer({ min: 0, max: most[plain as keyof typeof most] })
  return plain === type ? integer : fc.option(integer, { freq: 4 })
}

/** Columns that are neither key nor of few values, each with any value that its type has. */
const anyMeasures = fc.record(
  Object.fromEntries(
    Object.entries(sampleTypes)
      .filter(([name, type]) => type.startsWith('Nullable(') || name === 'interval_ms' || name === 'checksum')
      .map(([name, type]) => [name, numberOf(type)]),
  ),
)
const anyTexts = fc.record({
  correlation_id: fc.string({ unit: 'binary', maxLength: 200 }),
  epoch: fc.oneof(fc.string({ maxLength: 140 }), fc.constantFrom('é'.repeat(127), 'x'.repeat(128), '💩\0\n\t')),
  codec: fc.constantFrom('', 'opus', 'PCMU', 'ünbekannt'),
})

test('any sample comes back as it was, to the last bit of a count and the last character of a name', async () => {
  const samples = fc.sample(fc.tuple(anyMeasures, anyTexts), { numRuns: 300, seed: 20_261_121 })
  const rows = samples.map(([measures, texts], at) => ({ ...fixed('any', at), ...measures, ...texts }))
  expect(await store(rows)).toEqual({ type: 'delivered' })
  const names = Object.keys({ ...samples[0]?.[0], ...samples[0]?.[1] })
  const found = await warehouse.rows<[number, ...unknown[]]>(
    `SELECT ${['sequence', ...names].join(', ')} FROM quality_samples FINAL WHERE tenant = 'any' ORDER BY sequence`,
  )
  // As UTF-8 keeps it: half a character is none.
  const kept = (value: unknown): unknown => (typeof value === 'string' ? Buffer.from(value).toString() : value)
  expect(found).toEqual(
    rows.map((row) => [row.sequence, ...names.map((name) => kept((row as Record<string, unknown>)[name]))]),
  )
})

test('times and enumerations mean what they say', async () => {
  const minute = 1_700_000_040
  const row = { ...fixed('times', 1), minute, interval_end: 1_700_000_099_123, expires_at: 4_102_444_800 }
  expect(await store([{ ...row, kind: 'video', direction: 'receive', scope: 'call' }])).toEqual({ type: 'delivered' })
  expect(
    await warehouse.rows(
      `SELECT toString(minute), toString(interval_end), toUnixTimestamp(expires_at), toString(kind), toString(direction), toString(scope)
       FROM quality_samples WHERE tenant = 'times'`,
    ),
  ).toEqual([['2023-11-14 22:14:00', '2023-11-14 22:14:59.123', 4_102_444_800, 'video', 'receive', 'call']])
})

test.each([
  ['packets_received', -1],
  ['packets_received', 2 ** 53],
  ['packets_received', 1.5],
  ['packets_received', Number.NaN],
  ['interval_ms', 2 ** 32],
  ['interval_ms', null],
  ['frame_width', 65_536],
  ['codec', 7],
  ['tenant', null],
  ['observer', ['sbc']],
  ['kind', 'smell'],
])('a %s of %s is refused by name of its column, and harms no other row', async (column, value) => {
  const tenant = `refused-${column}-${String(value)}`
  const guilty = { ...fixed(tenant, 1), [column]: value }
  const delivery = await store([{ ...fixed(tenant, 0) }, guilty, { ...fixed(tenant, 2) }])
  expect(delivery).toMatchObject({ type: 'refused', rows: [{ row: rowOf(guilty) }] })
  if (delivery.type === 'refused' && value !== 'smell') expect(delivery.rows[0]?.detail).toContain(column)
  expect(await warehouse.rows(`SELECT count() FROM quality_samples WHERE tenant = '${tenant}'`)).toEqual([[2]])
})

test('nothing of a block stays on the way, whether it was stored or not', async () => {
  await store([fixed('way', 1)])
  await store([{ ...fixed('way', 2), kind: 'smell' }])
  const folder = join(warehouse.folder, 'callscope-blocks')
  expect(existsSync(folder)).toBe(true)
  expect(readdirSync(folder)).toEqual([])
})

test('a block is as the format says, byte for byte', () => {
  const columns = [
    { name: 'a', type: 'String' },
    { name: 'b', type: 'Nullable(UInt16)' },
    { name: 'of nobody', type: 'Nullable(UInt8)' },
  ] as const
  const packed = createColumns(columns)
  expect(packed.append(['x', 258, null])).toBeUndefined()
  expect(packed.append(['half of a row', 65_536, null])).toBe('b: not a Nullable(UInt16)')
  expect(packed.append(['é', null, null])).toBeUndefined()
  const { names, bytes: block } = packed.block()
  expect(names).toEqual(['a', 'b'])
  const text = (value: string) => Buffer.from([Buffer.byteLength(value), ...Buffer.from(value)])
  expect(block).toEqual(
    Buffer.concat([
      Buffer.from([2, 2]), // columns, rows
      ...[text('a'), text('String'), text('x'), text('é')],
      ...[text('b'), text('Nullable(UInt16)'), Buffer.from([0, 1]), Buffer.from([2, 1, 0, 0])],
    ]),
  )
})

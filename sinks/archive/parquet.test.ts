import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bytesOf, type LogRecord } from '#contracts/event-log.ts'
import { readParquet } from './read-parquet.ts'
import { writeParquet } from './write-parquet.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parquet-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function there(records: readonly LogRecord[]): Promise<Uint8Array> {
  return writeParquet(records, 'acme', { 'callscope.topic': 'call-events' })
}

async function back(file: Uint8Array): Promise<{ readonly records: readonly LogRecord[]; readonly groups: number }> {
  const path = join(folder, 'file.parquet')
  writeFileSync(path, file)
  const groups: (readonly LogRecord[])[] = []
  for await (const group of readParquet(path)) groups.push(group)
  return { records: groups.flat(), groups: groups.length }
}

const asBytes = (records: readonly LogRecord[]) =>
  records.map((record) => ({ ...record, value: Buffer.from(bytesOf(record)).toString('base64') }))

const headers = fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { noNullPrototype: true })
const record: fc.Arbitrary<LogRecord> = fc.record({
  topic: fc.constantFrom('call-events', 'app-logs'),
  partition: fc.nat(10_000),
  offset: fc.maxSafeNat(),
  logTimeMs: fc.nat(4_000_000_000_000),
  key: fc.option(fc.string()),
  headers,
  value: fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array()),
})

test('whatever the log holds comes back as it was: bytes, key, headers, offset and log time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 50 }), async (records) => {
      expect(asBytes((await back(await there(records))).records)).toEqual(asBytes(records))
    }),
    { numRuns: 60 },
  )
})

test('the same messages make the same bytes, as text or as bytes', async () => {
  const records = fc.sample(fc.array(record, { minLength: 200, maxLength: 200 }), 1)[0] ?? []
  const [one, other] = [await there(records), await there(records.map((each) => ({ ...each, value: bytesOf(each) })))]
  expect(Buffer.compare(one, other)).toBe(0)
})

test('a large file is read in parts of a few MiB, and messages that repeat themselves take little room', async () => {
  const body = JSON.stringify({ specversion: '1.0', data: 'x'.repeat(900) })
  const records = Array.from({ length: 30_000 }, (_, offset): LogRecord => {
    return {
      topic: 'call-events',
      partition: 0,
      offset,
      logTimeMs: offset,
      key: `c-${offset}`,
      headers: {},
      value: body,
    }
  })
  const file = await there(records)
  const { records: read, groups } = await back(file)
  expect(groups).toBe(Math.ceil((30_000 * body.length) / (8 * 1_048_576)))
  expect(read.length).toBe(30_000)
  expect(file.length).toBeLessThan(1_000_000)
})

test('neither keys nor bodies stand in the statistics of the footer', async () => {
  const file = Buffer.from(
    await there([
      {
        topic: 'call-events',
        partition: 0,
        offset: 0,
        logTimeMs: 1,
        key: '+4915112345',
        headers: {},
        value: 'secret-body',
      },
    ]),
  )
  const footer = file.subarray(file.length - 8 - file.readUInt32LE(file.length - 8))
  expect(footer.includes('call-events')).toBe(true)
  expect(footer.includes('+49151')).toBe(false)
  expect(footer.includes('secret')).toBe(false)
})

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createArchiveDesk } from '#app/archive/archive-desk.ts'
import type { ArchiveDesk } from '#collectors/http/ports.ts'
import type { NewRecord } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { rawColumns } from '#contracts/raw-tables.ts'
import { archivedTopics } from '#pipelines/archive.ts'
import { pause } from '#pipelines/pause.ts'
import { bodyOf, simulatedTenants, simulateTraffic } from '#simulator/index.ts'
import { type Flow, type PlainRecords, startFlow } from '../flow/flow.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
const tenants = simulatedTenants.map(({ id }) => id)
// So that calls cross the days that objects are parted by.
const startMs = Math.floor(Date.now() / dayMs) * dayMs - 5 * minuteMs

let folder: string
let nowMs: number
/** What the warehouse held before it was wiped. */
let before: Facts

interface Facts {
  readonly records: readonly PlainRecords[]
  /** Rows and a checksum over them, by table and tenant, without when they expire. */
  readonly raw: Readonly<Record<string, readonly (readonly [tenant: string, rows: string, sum: string])[]>>
  readonly letters: readonly string[]
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callscope-archive-'))
  const flow = await live(startMs)
  await sendTraffic(flow)
  before = await factsOf(flow)
  expect(before.records.map((records) => Object.keys(records).length > 3)).toEqual(tenants.map(() => true))
  expect(before.letters.length).toBeGreaterThan(5)
  await archived(flow)
  await end(flow)
}, 180_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const live = (atMs: number): Promise<Flow> =>
  startFlow(atMs, { folder, archive: { url: `file://${folder}/objects`, flushSeconds: 120 } })

/** As it would have come, so that log times are those of the traffic. */
async function sendTraffic(flow: Flow): Promise<void> {
  const { messages } = simulateTraffic({ seed: 7, calls: 40, startMs, concurrent: 20, poison: 0.01 })
  let batch: NewRecord[] = []
  let batchMs = 0
  for (const message of messages) {
    if (message.dueMs > batchMs) {
      await flow.deliver(...batch)
      batch = []
      batchMs = message.dueMs + minuteMs
      flow.clock.reach(message.dueMs)
    }
    batch.push({ topic: message.topic, key: message.key, headers: message.headers, value: bodyOf(message) })
  }
  await flow.deliver(...batch)
}

async function factsOf(flow: Flow): Promise<Facts> {
  const records = await flow.allSettled(tenants)
  const raw: Record<string, readonly (readonly [string, string, string])[]> = {}
  for (const [table, columns] of Object.entries(rawColumns)) {
    const content = columns.filter((name) => name !== 'expires_at').map((name) => `\`${name}\``)
    const tenant = columns.find((name) => name.toLowerCase() === 'tenant') ?? `''`
    raw[table] = await flow.rows(
      `SELECT toString(${tenant}), toString(count()), toString(sum(cityHash64(${content.join(', ')})))
       FROM ${table} FINAL GROUP BY 1 ORDER BY 1`,
    )
  }
  const letters = (await flow.letters()).map(({ topic, pipeline, reason, detail }) =>
    [topic, pipeline, reason, detail].join(' '),
  )
  return { records, raw, letters: letters.sort() }
}

/** Waits until the index covers all that the log holds. */
async function archived(flow: Flow): Promise<void> {
  flow.clock.advance(10 * minuteMs)
  for (const topic of archivedTopics) {
    for (const place of await flow.log.extent(topic)) {
      while (place.end > 0 && (await flow.registry.archive.last(place))?.toOffset !== place.end)
        await pause(20, new AbortController().signal)
    }
  }
}

/** Stops, and leaves nothing but the registry and the archive. */
async function end(flow: Flow): Promise<void> {
  nowMs = flow.clock.now()
  const tables = await flow.rows<[string]>(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
     AND name NOT LIKE '%migrations%'`,
  )
  for (const [name] of tables) await flow.warehouse.command({ query: `TRUNCATE TABLE ${name}` })
  await flow.stop()
  for (const name of await readdir(folder)) if (name.startsWith('log.sqlite')) await rm(join(folder, name))
}

function deskOf(flow: Flow, log: { append(records: readonly NewRecord[]): Promise<void> } = flow.log): ArchiveDesk {
  const { registry, archive } = flow
  return createArchiveDesk({
    ...{ registry, archive, log, clock: flow.clock.now, config: { topicTenants: {} } },
    spoolFolder: join(folder, 'spool'),
  })
}

const objectsOf = async (flow: Flow) => Array.fromAsync(flow.registry.archive.objects({}))

test('a wiped warehouse comes back from the archive, weeks later: the same rows, records and dead letters', async () => {
  // Later than live events may be, so that only their first log time lets them in.
  const flow = await live(nowMs + 10 * dayMs)
  const objects = await objectsOf(flow)
  expect(new Set(objects.map(({ day }) => day)).size).toBeGreaterThan(1)
  // Readers of others understand the files, too.
  const [read] = await flow.rows(
    `SELECT toUInt32(count()), toUInt32(uniqExact(topic, partition, offset))
     FROM file('${folder}/objects/**/*.parquet', Parquet)`,
  )
  const rows = objects.reduce((sum, object) => sum + object.rows, 0)
  expect(read).toEqual([rows, rows])
  expect(await flow.allSettled(tenants, 0)).toEqual(tenants.map(() => ({})))
  const report = await deskOf(flow).replay({})
  expect(report).toMatchObject({ refused: [], counts: { objects: objects.length } })
  expect(report.counts.messages).toBe(rows)
  expect(await factsOf(flow)).toEqual(before)
  // Live metrics tell what is now, and nothing of this is.
  expect(await flow.metrics()).not.toMatch(/^callscope_call_jitter_seconds_count\{.*\} [1-9]/m)
  // Again: it changes nothing but the dead letters, of which each names its place in the log.
  await deskOf(flow).replay({})
  const again = await factsOf(flow)
  expect({ ...again, letters: [...new Set(again.letters)] }).toEqual({
    ...before,
    letters: [...new Set(before.letters)],
  })
  // What a replay sends is in the archive already, although this log is another one.
  await archived(flow)
  expect(await objectsOf(flow)).toEqual(objects)
  expect(await flow.registry.runs.list(1)).toMatchObject([{ kind: 'replay', status: 'succeeded', subject: 'archive' }])
  await end(flow)
}, 180_000)

test('a replay for one tenant and a time brings back that and nothing else', async () => {
  const flow = await live(nowMs + dayMs)
  const [tenant = ''] = tenants
  await deskOf(flow).replay({ tenant })
  const after = await factsOf(flow)
  expect(after.records[0]).toEqual(before.records[0])
  expect(after.records.slice(1)).toEqual(tenants.slice(1).map(() => ({})))
  for (const [table, rows] of Object.entries(before.raw))
    expect([table, after.raw[table]]).toEqual([table, rows.filter(([of]) => of === tenant)])

  const sent: NewRecord[] = []
  const [object] = (await objectsOf(flow)).filter((one) => one.tenant === tenant && one.topic === 'quality-samples')
  const sinceMs = (object?.firstLogMs ?? 0) + 1_000
  const untilMs = sinceMs + minuteMs
  await deskOf(flow, { append: async (records) => void sent.push(...records) }).replay({ tenant, sinceMs, untilMs })
  const times = sent.map(({ headers = {} }) => Number(headers[recordHeaders.logTime]))
  expect(times.length).toBeGreaterThan(0)
  expect(times.filter((at) => at < sinceMs || at >= untilMs)).toEqual([])
  await end(flow)
}, 180_000)

test('an object that is not as it was written is refused by its name, before anything of it is sent', async () => {
  const flow = await live(nowMs + dayMs)
  const [object, other] = (await objectsOf(flow)).filter(({ topic }) => topic === 'quality-samples')
  if (object === undefined || other === undefined) throw new Error('no objects')
  const desk = deskOf(flow, { append: async (records) => void sent.push(...records) })
  const sent: NewRecord[] = []
  const path = join(folder, 'objects', object.key)
  const bytes = await readFile(path)
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
  await writeFile(path, bytes)
  const refused = [{ reason: 'checksum_mismatch', count: 1, example: object.key }]
  const all = { objects: (await objectsOf(flow)).length, expired: 0 }
  expect(await desk.verify({})).toMatchObject({ ...all, refused })
  const report = await desk.replay({ topic: 'quality-samples' })
  expect(report).toMatchObject({ refused, counts: { refused: 1 } })
  expect(report.counts.messages).toBe(sent.length)

  await rm(path)
  await expect(desk.replay({})).rejects.toThrow(
    `1 objects are not there although their retention has not passed: ${object.key}`,
  )
  expect(await desk.plan({})).toMatchObject({ ...all, missing: { objects: 1, keys: [object.key] } })
  // Once its retention has passed it may be gone.
  flow.clock.advance(401 * dayMs)
  expect(await desk.plan({ topic: 'quality-samples' })).toMatchObject({ expired: 1, missing: { objects: 0 } })
  expect(
    await deskOf({ ...flow, archive: undefined })
      .plan({})
      .catch(({ message }) => message),
  ).toContain('archive.url: not set')
  await flow.stop()
}, 120_000)

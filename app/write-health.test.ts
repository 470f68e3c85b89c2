import { expect, test } from 'vitest'
import { rawColumns } from '#contracts/raw-tables.ts'
import type { Delivery, Sink } from '#contracts/sink.ts'
import type { RawRow } from '#contracts/warehouse.ts'
import { createRawSink } from '#sinks/clickhouse/raw-sink.ts'
import { createWriteHealth } from './write-health.ts'

const startMs = Date.UTC(2026, 4, 1, 12)
const since = 'takes no writes since 2026-05-01T12:00:00.000Z'
const never = new AbortController().signal

/** A disk that can be filled and freed, and stores on it. */
function aDisk() {
  const disk = { full: false, nowMs: startMs, probes: 0 }
  const health = createWriteHealth({
    clock: () => disk.nowMs,
    async probe() {
      disk.probes += 1
      if (disk.full) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    },
  })
  const append = health.watch('log')
  return { disk, health, append }
}

const sqliteFull = () =>
  Promise.reject(
    new Error('The disk is full: the event log /home/anna/log.sqlite cannot grow.', {
      cause: Object.assign(new Error('database or disk is full'), { errcode: 13 }),
    }),
  )

test('a log that cannot append makes the process not ready, without the path of anybody', async () => {
  const { disk, health, append } = aDisk()
  disk.full = true
  await expect(append(sqliteFull)).rejects.toThrow(/cannot grow/)
  expect(await health.failing()).toEqual({ log: `${since}: the disk is full` })
})

test('it is ready again with the next write that works', async () => {
  const { disk, health, append } = aDisk()
  disk.full = true
  await append(sqliteFull).catch(() => undefined)
  await append(async () => undefined)
  expect(await health.failing()).toEqual({})
})

test('where nobody sends any more, a probe of the disk finds that it has room again; asking often costs few of them', async () => {
  const { disk, health, append } = aDisk()
  disk.full = true
  await append(sqliteFull).catch(() => undefined)
  for (let asked = 0; asked < 50; asked++) expect(Object.keys(await health.failing())).toEqual(['log'])
  expect(disk.probes).toBe(1)
  disk.full = false
  disk.nowMs += 2_000
  expect(await health.failing()).toEqual({})
})

test('raw that cannot be stored is told of the warehouse, whichever pipeline stores well beside it', async () => {
  const { disk, health } = aDisk()
  disk.full = true
  const aSink = (delivery: Delivery<string>): Sink<string> => ({
    ...{ name: 'warehouse', deliver: async () => delivery, close: async () => undefined },
  })
  const cause = new Error('ClickHouse error 243 (NOT_ENOUGH_SPACE)')
  await health.watchSink('warehouse', aSink({ type: 'retry', afterMs: 1, cause })).deliver([], never)
  await health.watchSink('warehouse', aSink({ type: 'delivered' })).deliver([], never)
  expect(await health.failing()).toEqual({ warehouse: `${since}: the disk is full` })
})

test.each(['ENOSPC', 'EDQUOT'])(
  'a file on its way into the warehouse that the disk has no room for (%s) tells of a full disk',
  async (code) => {
    const { disk, health } = aDisk()
    disk.full = true
    const cause = Object.assign(new Error(`${code}: write '/home/anna/callscope-blocks/1.native'`), { code })
    const refusing = createRawSink({ client: { insert: () => Promise.reject(cause) } as never })
    const sink = health.watchSink('warehouse', refusing)
    const row: RawRow = { table: 'call_events', cells: rawColumns.call_events.map(() => 0) }
    const delivery = await sink.deliver([row], never)
    expect(delivery).toMatchObject({ type: 'retry' })
    expect(await health.failing()).toEqual({ warehouse: `${since}: the disk is full` })
  },
)

test('a clock that is set back does not stop the probing', async () => {
  const { disk, health, append } = aDisk()
  disk.full = true
  await append(sqliteFull).catch(() => undefined)
  await health.failing()
  disk.full = false
  disk.nowMs -= 3_600_000
  expect(await health.failing()).toEqual({})
})

test('what the next try may bring in order is told only when it lasts', async () => {
  const { disk, health, append } = aDisk()
  const failing = () => append(() => Promise.reject(new Error('too many parts'))).catch(() => undefined)
  await failing()
  expect(await health.failing()).toEqual({})
  disk.nowMs += 10_000
  await failing()
  expect(await health.failing()).toEqual({ log: `${since}: it refuses them` })
})

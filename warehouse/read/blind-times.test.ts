import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { createHeartbeatStore } from '../heartbeats.ts'
import { readBlindTimes } from './blind-times.ts'

let warehouse: TestWarehouse
const startMs = Date.now() - 3_600_000
const at = (second: number): number => startMs + second * 1_000
const beats = (pipeline: string, worker: string, from: number, to: number) =>
  Array.from({ length: (to - from) / 10 + 1 }, (_, n) => ({ pipeline, worker, atMs: at(from + 10 * n) }))

beforeAll(async () => {
  warehouse = await startWarehouse()
  const store = createHeartbeatStore(warehouse.client)
  // One worker dies at 100 and comes back at 300; `logs` runs on another one that never stops.
  const written = [...beats('calls', 'w1', 0, 100), ...beats('calls', 'w1', 300, 400), ...beats('logs', 'w2', 0, 400)]
  await store.write(written)
  await store.write(written)
})
afterAll(() => warehouse.stop())

const blind = async (from: number, until: number) =>
  (await readBlindTimes(warehouse.client, { fromMs: at(from), untilMs: at(until) })).map(
    ({ pipeline, fromMs, untilMs }) => [pipeline, (fromMs - startMs) / 1_000, (untilMs - startMs) / 1_000],
  )

test('between two beats too far apart nobody was looking', async () => {
  expect(await blind(0, 410)).toEqual([['calls', 100, 300]])
  expect(await warehouse.rows('SELECT pipeline, blind_ms FROM blind_times')).toEqual([['calls', 200_000]])
})

test('a gap that began before the window is cut at its edge, one that lasts ends with it', async () => {
  expect(await blind(200, 290)).toEqual([['calls', 200, 290]])
  expect(await blind(350, 480)).toEqual([
    ['calls', 400, 480],
    ['logs', 400, 480],
  ])
})

test('before its first beat a pipeline had nothing to look at', async () => {
  expect(await blind(-600, 50)).toEqual([])
})

test('another worker that looks leaves no gap', async () => {
  await createHeartbeatStore(warehouse.client).write(beats('calls', 'w2', 90, 310))
  expect(await blind(0, 410)).toEqual([])
})

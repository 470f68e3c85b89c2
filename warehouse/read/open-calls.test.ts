import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { countOpenCalls } from './open-calls.ts'

const nowMs = Date.UTC(2026, 4, 10, 12)
const hourMs = 3_600_000
const allShards = Array.from({ length: 64 }, (_, shard) => shard)

let warehouse: TestWarehouse
beforeAll(async () => {
  warehouse = await startWarehouse()
})
afterAll(() => warehouse?.stop())

test('calls are open however long ago they began, and no longer once they have ended', async () => {
  const aRow = (id: string, over: object = {}) => ({
    ...{ tenant: 'acme', id, at: nowMs - hourMs, version: 1, is_deleted: 0, members: [id], state: 'open' },
    ...{ class: 'good', next_due: nowMs + hourMs, record: '{}' },
    ...over,
  })
  const rows = [
    aRow('now'),
    aRow('for five days', { at: nowMs - 120 * hourMs }),
    aRow('of another tenant', { tenant: 'globex' }),
    aRow('ended'),
    aRow('ended', { version: 2, state: 'settled', next_due: 0 }),
    aRow('ending', { version: 2, state: 'settling' }),
    aRow('merged into another'),
    aRow('merged into another', { version: 2, is_deleted: 1 }),
    aRow('of an install that was down, and has not been looked at since', { next_due: nowMs - 48 * hourMs }),
  ]
  await warehouse.client.insert({ table: 'calls', values: rows, format: 'JSONEachRow' })
  expect([...(await countOpenCalls(warehouse.client, nowMs, allShards))].sort()).toEqual([
    ['acme', 2],
    ['globex', 1],
  ])
  // Rows of this test all lie in shard 0: whoever computes others counts none of them.
  expect([...(await countOpenCalls(warehouse.client, nowMs, allShards.slice(1)))]).toEqual([])
})

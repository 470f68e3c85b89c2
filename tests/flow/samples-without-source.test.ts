import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '#warehouse/client.ts'
import { aStage, everyFew, type Flow, startFlow } from './flow.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callscope-sources-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** As raw and minutes were stored before source and scope were part of what a sample is. */
async function forgetSources({ warehouse }: Flow): Promise<void> {
  for (const [table, columns] of [
    ['quality_samples', "'' AS source, 0 AS key_scope"],
    ['call_minutes', "'' AS source"],
  ] as const) {
    await run(warehouse, `CREATE TABLE kept_${table} AS ${table}`)
    await run(warehouse, `INSERT INTO kept_${table} SELECT * REPLACE (${columns}) FROM ${table} FINAL`)
    await run(warehouse, `TRUNCATE TABLE ${table}`)
    await run(warehouse, `INSERT INTO ${table} SELECT * FROM kept_${table}`)
    await run(warehouse, `DROP TABLE kept_${table}`)
  }
}

test('samples stored without a source keep their calls, and delivered again count once under their new identity', async () => {
  const startMs = Date.now()
  const before = await startFlow(startMs, { folder })
  const stage = aStage(before)
  const { tenant, sample, event, at } = stage
  const counters = { leg_id: 'callee', observer: 'phone', scope: 'cumulative', interval_ms: undefined, ssrc: 7 }
  const samples = [
    ...everyFew(5, 95).map((end) => sample('c', at(end), { packets_lost: end % 3, packets_received: 250 - (end % 3) })),
    ...everyFew(5, 95).map((end) =>
      sample('c', at(end), { ...counters, packets_received: 50 * end, packets_lost: end }),
    ),
  ]
  await before.deliver(event('c', 'call.started', at(0)), event('c', 'call.answered', at(4)), ...samples)
  await before.deliver(event('c', 'call.ended', at(100), { sip_code: 200 }))
  const record = (await before.settled(tenant)).c
  await forgetSources(before)
  await before.stop()

  const after = await startFlow(startMs, { folder })
  const old = (await after.recordsOf(tenant)).c
  expect(old).toEqual(record)
  // A late sample has the call computed again, from rows without a source.
  await after.deliver(sample('c', at(100), {}))
  expect((await after.settled(tenant)).c?.streams.map(({ source }) => source).sort()).toEqual(['', '', '/media'])
  // Half of them come again, then all: each counts once, as what it is now.
  const counted = () =>
    after.rows(`SELECT sum(row_count), sum(packets_received) FROM call_minutes FINAL WHERE tenant = '${tenant}'`)
  const standing = await counted()
  await after.deliver(...samples.slice(0, 9))
  await after.settled(tenant)
  expect(await counted()).toEqual(standing)
  await after.deliver(...samples)
  const renewed = (await after.settled(tenant)).c
  expect(await counted()).toEqual(standing)
  expect(renewed?.streams.map(({ source }) => source)).toEqual(['/media', '/media'])
  expect(renewed?.verdict).toEqual(record?.verdict)
  await after.stop()
}, 240_000)

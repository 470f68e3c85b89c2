import { afterEach, expect, test } from 'vitest'
import type { NewRecord } from '#contracts/event-log.ts'
import type { AuditorPace } from '#pipelines/auditor.ts'
import { bodyOf, simulateTraffic } from '#simulator/index.ts'
import { type Harness, startHarness } from '../harness.ts'
import { plantAndAudit, plantFaults } from './plant.ts'

let harness: Harness
afterEach(() => harness?.stop())

/** So little at a time that every sweep takes many looks, whose ends lie within calls, days and tenants. */
const smallLooks: Partial<AuditorPace> = {
  ...{ idsPerLook: 2, minutesPerLook: 7, placesPerLook: 5, recordsPerLook: 3, foldsPerLook: 2 },
}

async function settledCalls(auditorPace: Partial<AuditorPace>): Promise<void> {
  // As other flows: each look at an empty log costs something.
  const limits = { lingerMs: 20, waitMs: 100, watermarkEveryMs: 50 }
  const pace = { runningDelayMs: 0, dueEveryMs: 100, cycleMs: 200 }
  harness = await startHarness({ auditorPace, limits, pace })
  const traffic = simulateTraffic({ seed: 8, calls: 25, startMs: Date.now() - 12 * 3_600_000 })
  await harness.append([...traffic.messages].map((message): NewRecord => ({ ...message, value: bodyOf(message) })))
  await harness.drained()
}

test('looks that end anywhere find all that is wrong, and nothing else', async () => {
  await settledCalls(smallLooks)
  expect(await harness.auditor.round()).toEqual([])
  expect((await plantAndAudit(harness)).filter(({ found }) => !found)).toEqual([])
}, 180_000)

test('what two looks have seen is counted once, computed again, and right afterwards', async () => {
  await settledCalls({ ...smallLooks, lookEveryMs: 5, foldsPerLook: 100, recordsPerLook: 100, placesPerLook: 100 })
  const victims = await plantFaults(harness)
  const stopping = new AbortController()
  const running = harness.auditor.run(stopping.signal)
  await expect.poll(() => harness.auditor.round(), { timeout: 40_000, interval: 200 }).toEqual([])
  stopping.abort()
  await running
  const counted = /callscope_pipeline_auditor_differences_total\{kind="second_record"\} (\d+)/.exec(
    await harness.metrics(),
  )
  expect(counted?.[1]).toBe('1')
  const ids = victims.map(({ id }) => `'${id}'`).join(', ')
  const live = await harness.rows<[string, number]>(
    `SELECT id, count() FROM calls FINAL WHERE is_deleted = 0 AND id IN (${ids}) GROUP BY id`,
  )
  expect(live.map(([, count]) => count)).toEqual(victims.map(() => 1))
}, 180_000)

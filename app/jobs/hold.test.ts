import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Registry } from '#contracts/registry.ts'
import type { Database } from '#registry/database.ts'
import { openPgliteDatabase } from '#registry/pglite-database.ts'
import { registryOn } from '#registry/registry.ts'
import { createRuns } from './as-run.ts'
import { closeAbandonedRuns, whileHeld } from './hold.ts'

const clock = () => 1_700_000_000_000
let database: Database
let registry: Registry

beforeEach(async () => {
  database = await openPgliteDatabase(undefined)
  registry = await registryOn(database, clock)
})
afterEach(async () => {
  vi.useRealTimers()
  await database.close()
})

/** Runs as a process that was killed leaves them: begun, holding, never ended. */
async function killedAt(id: string, silentMs: number): Promise<void> {
  await registry.runs.start({ id, kind: 'import', subject: 'dump.ndjson', startedMs: clock() })
  await registry.watermarks.write([{ tenant: 'acme', source: `import:${id}`, watermarkMs: 0, atEnd: false }])
  await database.query('UPDATE callscope.data_pipeline_runs SET alive_ms = alive_ms - $2 WHERE id = $1', [id, silentMs])
}

const holds = async () => (await registry.watermarks.read()).map(({ source }) => source)
const statusOf = async (id: string) => (await registry.runs.list(10)).find((run) => run.id === id)?.status

test('a run that fell silent in a shared install has failed and holds nobody, one that goes on stays', async () => {
  await killedAt('killed', 121_000)
  await killedAt('alive', 60_000)
  await registry.watermarks.write([{ tenant: '*', source: 'call-events/0', watermarkMs: 5, atEnd: false }])

  expect(await closeAbandonedRuns(registry, clock, true)).toEqual(['killed'])
  expect(await statusOf('killed')).toBe('failed')
  expect(await statusOf('alive')).toBe('running')
  expect((await holds()).toSorted()).toEqual(['call-events/0', 'import:alive'])
  expect(await closeAbandonedRuns(registry, clock, true)).toEqual([])
})

test('where one process owns everything, whatever runs at its start is abandoned', async () => {
  await killedAt('just now', 0)
  expect(await closeAbandonedRuns(registry, clock, false)).toEqual(['just now'])
  expect(await holds()).toEqual([])
})

test('a hold whose run has ended is let go', async () => {
  await registry.watermarks.write([{ tenant: 'acme', source: 'import:ended', watermarkMs: 0, atEnd: false }])
  await closeAbandonedRuns(registry, clock, true)
  expect(await holds()).toEqual([])
})

test('a run that takes long says every 15 seconds that it goes on, and is quiet once it has ended', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const beat = vi.spyOn(registry.runs, 'beat')
  const { promise: work, resolve: end } = Promise.withResolvers<void>()
  const asRun = createRuns(registry.runs, clock)
  const { promise: begun, resolve: began } = Promise.withResolvers<void>()
  const running = asRun('import', 'dump.ndjson', (run) =>
    whileHeld(registry.watermarks, 'acme', run, async () => {
      began()
      await work
      return { counts: {}, refused: [], notes: [] }
    }),
  )
  await begun
  vi.advanceTimersByTime(60_000)
  expect(beat).toHaveBeenCalledTimes(4)
  end()
  const { run } = await running
  vi.advanceTimersByTime(60_000)
  expect(beat).toHaveBeenCalledTimes(4)
  expect(await statusOf(run)).toBe('succeeded')
})

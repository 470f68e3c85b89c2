import { expect, test } from 'vitest'
import type { Engine } from './engine.ts'
import { readinessOf } from './readiness.ts'

/** An engine whose stores all answer, and whose log has something to say of itself. */
const anEngine = (health: string, notes?: readonly string[], records = 'ok') =>
  ({
    watch: { health: async () => health, ...(notes === undefined ? {} : { notes: () => notes }) },
    registry: { tenants: { tenants: async () => [] } },
    reader: { list: async () => ({ calls: [] }) },
    writes: { failing: async () => ({}) },
    records: { state: () => records },
    present: { health: () => 'ok' },
  }) as unknown as Pick<Engine, 'watch' | 'registry' | 'reader' | 'writes' | 'records' | 'present'>

test('what works and not as well as it should is noted, and the process is ready all the same', async () => {
  const note = "Topic 'call-events': it keeps its producers’ times."
  expect(await readinessOf(anEngine('ok', [note]))).toMatchObject({ ready: true, notes: [note] })
  expect(await readinessOf(anEngine('The log: no broker answers.', [note]))).toMatchObject({ ready: false })
})

test('where there is nothing to note, nothing is said', async () => {
  expect(Object.keys(await readinessOf(anEngine('ok', [])))).toEqual(['ready', 'checks'])
  expect(Object.keys(await readinessOf(anEngine('ok')))).toEqual(['ready', 'checks'])
})

test('records of calls that stand still make the process not ready, with the reason', async () => {
  const { ready, checks } = await readinessOf(anEngine('ok', [], 'records stand still for 200 s'))
  expect([ready, checks.records]).toEqual([false, 'records stand still for 200 s'])
})

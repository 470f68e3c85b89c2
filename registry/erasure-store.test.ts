import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Registry } from '#contracts/registry.ts'
import { createRegistry } from './registry.ts'

const now = 1_700_000_000_000
let registry: Registry
beforeAll(async () => {
  registry = await createRegistry({ dataDir: undefined, clock: () => now })
})
afterAll(() => registry.close())

test('what became of an erasure in each store is kept, the last word on each, for its tenant alone', async () => {
  const { sequence } = await registry.erasures.add({ tenant: 'acme', kind: 'call', subjects: ['c'], madeBy: 'a' })
  const step = { state: 'unfinished', count: 1, goneByMs: now, detail: 'tell it again' } as const
  await registry.erasures.note('acme', sequence, [
    { store: 'log', ...step },
    { store: 'archive', ...step },
  ])
  const done = { store: 'archive', state: 'done', count: 2, goneByMs: undefined, detail: 'none left' } as const
  await registry.erasures.note('acme', sequence, [done])
  expect(await registry.erasures.steps('acme')).toEqual(new Map([[sequence, [done, { store: 'log', ...step }]]]))
  expect(await registry.erasures.steps('globex')).toEqual(new Map())
})

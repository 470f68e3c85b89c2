import { expect, test } from 'vitest'
import type { CallRow } from '#contracts/summaries.ts'
import { changedAmong } from './refold.ts'

const folded = { tenant: 'acme', id: 'c', formulaVersion: 'now', eventCount: 3 }
const stored = (changes: object) => [
  { tenant: 'acme', id: 'c', atMs: 0, version: 7, record: JSON.stringify({ ...folded, ...changes }) },
]
const look = (changes: object) =>
  changedAmong(stored(changes) as Parameters<typeof changedAmong>[0], {
    foldAgain: async () => [{ record: folded } as unknown as CallRow],
    logNow: () => 0,
  })

test('a record that folding again makes otherwise is a difference', async () => {
  expect(await look({})).toEqual([])
  expect(await look({ eventCount: 2 })).toMatchObject([{ kind: 'changed_record', id: 'c' }])
})

test('a record of other formulas is none: it says what those made of the call', async () => {
  expect(await look({ eventCount: 2, formulaVersion: 'before' })).toEqual([])
})

import { expect, test } from 'vitest'
import type { ErasureEntry } from '#collectors/http/ports.ts'
import { coloursFor } from './colours.ts'
import { erasureText, leftOf } from './erasure-steps.ts'

const dayMs = 86_400_000
const atMs = Date.UTC(2026, 0, 31)
const stores = [
  { store: 'warehouse', state: 'done', count: 3, detail: 'rows written anew' },
  { store: 'archive', state: 'unfinished', count: 0, goneByMs: atMs + 400 * dayMs, detail: 'not read: 1 missing' },
  { store: 'log', state: 'expires', count: 0, goneByMs: atMs + 7 * dayMs, detail: 'messages as sent' },
] as const

const entry: ErasureEntry = { sequence: 1, kind: 'call', subjects: ['c'], madeBy: 'a', madeMs: atMs, stores }

test('a report names each store, what was done there, and the day by which the rest is gone', () => {
  const text = erasureText({ sequence: 1, calls: 1, rows: { call_events: 3 }, purged: true, stores }, coloursFor(false))
  expect(text).toContain('call_events: 3 rows. 1 id is computed anew.')
  expect(text).toMatch(/warehouse +3 +now +rows written anew/)
  expect(text).toMatch(/archive +0 +2027-03-07 +UNFINISHED: not read: 1 missing/)
  expect(text).toMatch(/message log +0 +2026-02-07 +messages as sent/)
})

test('what is left of an erasure is told until it has gone', () => {
  expect(leftOf(entry, atMs)).toBe('archive UNFINISHED, until 2027-03-07; message log until 2026-02-07')
  expect(leftOf(entry, atMs + 8 * dayMs)).toBe('archive UNFINISHED, until 2027-03-07')
  expect(leftOf(entry, atMs + 401 * dayMs)).toBe('nothing')
  expect(leftOf({ ...entry, stores: [] }, atMs)).toBe('unknown: tell it again')
})

import { expect, test } from 'vitest'
import { loadConfig } from './config.ts'
import { windowsOf } from './windows.ts'

const dayMs = 86_400_000
const maxAgeDays = (retentionDays: number) =>
  windowsOf(loadConfig({ env: {}, options: { retentionDays } })).maxAgeMs / dayMs

test('a live event must be young enough to be kept for a while: two days less than raw is kept, at most seven', () => {
  expect([30, 9, 5, 3].map(maxAgeDays)).toEqual([7, 7, 3, 1])
})

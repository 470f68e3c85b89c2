import { expect, test } from 'vitest'
import { windowsFor } from '#contracts/pipeline.ts'
import { loadConfig } from './config.ts'
import { windowsOf } from './windows.ts'

const dayMs = 86_400_000
const maxAgeDays = (retentionDays: number) =>
  windowsOf(loadConfig({ env: {}, options: { retentionDays } })).maxAgeMs / dayMs

test('a live event must be young enough to be kept for a while: two days less than raw is kept, at most seven', () => {
  expect([30, 9, 5, 3].map(maxAgeDays)).toEqual([7, 7, 3, 1])
})

test('a tenant with a retention of its own has windows of its own, and everybody else those of all', () => {
  const tenants = [{ id: 'acme', retentionDays: 3 }, { id: 'b3c1', retentionDays: 400 }, { id: 'plain' }]
  const windows = windowsOf(loadConfig({ env: {}, options: { retentionDays: 30, tenants } }))
  const daysOf = (tenant: string) => {
    const { retentionMs, maxAgeMs } = windowsFor(windows, tenant)
    return [retentionMs / dayMs, maxAgeMs / dayMs]
  }
  expect(['acme', 'b3c1', 'plain', 'unheard-of'].map(daysOf)).toEqual([
    [3, 1],
    [400, 7],
    [30, 7],
    [30, 7],
  ])
})

test('no tenant is kept for less than the frozen days need', () => {
  const load = () => loadConfig({ env: {}, options: { tenants: [{ id: 'acme', retentionDays: 2 }] } })
  expect(load).toThrow(/retentionDays/)
})

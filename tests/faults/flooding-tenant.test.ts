import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type Neighbours, openNeighbours } from '../neighbours.ts'

const floods = ['flood', 'flood-too'] as const
let install: Neighbours

beforeAll(async () => {
  install = await openNeighbours(['quiet', ...floods])
}, 180_000)
afterAll(() => install.close())

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)

/**
 * By what comes first, not by how soon: a slow machine takes longer for all of it. What floods is refused for a while; calls of
 * the tenant beside it are never refused, and have their records while thousands of the flood's, sent before, wait for theirs.
 */
test('two tenants that flood are late themselves, and make no other late; nothing that was taken is lost', {
  timeout: 600_000,
}, async () => {
  const stopping = new AbortController()
  onTestFinished(() => stopping.abort())
  const senders = floods.flatMap((tenant) => [0, 1].map(() => install.flood(tenant, stopping.signal)))
  while (sum(senders.map(({ refused }) => refused)) < 4) await sleep(100)

  for (let call = 0; call < 5; call++) {
    expect(await install.sendCall('quiet', `quiet-${call}`)).toBe(202)
    expect((await install.seen('quiet', [`quiet-${call}`], 60_000)).size).toBe(1)
    const made = sum(await Promise.all(floods.map((tenant) => install.recordsOf(tenant))))
    expect(made).toBeLessThan(sum(senders.map(({ accepted }) => accepted)))
  }

  const metrics = await install.metrics()
  for (const tenant of floods) {
    expect(metrics).toMatch(
      new RegExp(`callscope_pipeline_tenant_refused_requests_total\\{tenant="${tenant}"\\} [1-9]`),
    )
    expect(metrics).toMatch(new RegExp(`callscope_pipeline_tenant_overdue_calls\\{tenant="${tenant}"\\} [1-9]`))
  }
  expect(metrics).not.toContain('callscope_pipeline_tenant_refused_requests_total{tenant="quiet"}')
  expect(Math.min(...senders.map(({ retryAfter }) => Number(retryAfter)))).toBeGreaterThanOrEqual(1)

  stopping.abort()
  await Promise.all(senders.map(({ ended }) => ended))
  const accepted = sum(senders.map((sender) => sender.accepted))
  await expect
    .poll(async () => sum(await Promise.all(floods.map((tenant) => install.recordsOf(tenant)))), {
      timeout: 400_000,
      interval: 2_000,
    })
    .toBe(accepted)
})

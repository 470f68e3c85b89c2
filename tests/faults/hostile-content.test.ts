import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NewRecord } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { shardOf } from '#contracts/sharding.ts'
import { topicNames } from '#contracts/topics.ts'
import { runCampaign } from './fuzz/campaign.ts'
import { judgedAfter } from './fuzz/canary.ts'
import { type FuzzedInstall, startFuzzedInstall } from './fuzz/install.ts'
import { faultsOf } from './fuzz/summary.ts'

const tenants = ['alpha', 'beta'] as const
/** Longer than any call takes without poison, on a machine that is busy with other work. */
const slowestSeconds = 120

let install: FuzzedInstall
/** Until the calls of both tenants are judged without any poison. */
let usualSeconds: number
beforeAll(async () => {
  install = await startFuzzedInstall()
  await nextCalls()
  usualSeconds = await nextCalls()
}, 400_000)
afterAll(() => install.close())

const halves = ['\ud800a', '\udb00b', 'c\udc00', '\ude00\ud83d']

const event = (id: string, type: string, data: object = {}) => ({
  ...{ specversion: '1.0', id: `${type}-1`, source: '/t', type, correlationid: id },
  ...{ time: new Date(Date.now() - 5_000).toISOString(), data },
})
const sample = (id: string) =>
  event(id, 'quality.sample', { observer: 'sbc', direction: 'receive', interval_ms: 1_000, packets_received: 50 })

const inLog = (topic: string, value: unknown): NewRecord => ({
  ...{ topic, key: null, headers: { [recordHeaders.tenant]: 'alpha' }, value: JSON.stringify(value) },
})

/** As an earlier version announced it, which took such ids. */
const announced = (id: string): NewRecord => {
  const minutes = [Math.floor(Date.now() / 60_000)]
  const change = { tenant: 'alpha', id, minutes, rescore: false, cumulative: false, urgency: 'now', worst: 0 }
  const partition = shardOf('alpha', id)
  return { topic: topicNames.callChanges, key: null, partition, value: JSON.stringify({ v: 1, changes: [change] }) }
}

/** The next call of each tenant; the slower of them, seconds. */
async function nextCalls(): Promise<number> {
  const seconds = await Promise.all(tenants.map((tenant) => judgedAfter(install, tenant, slowestSeconds)))
  return Math.max(...seconds)
}

describe('half a character in the id of a call', () => {
  test('is refused at the edge with the name of the field', async () => {
    for (const id of halves) {
      const body = JSON.stringify([event(id, 'call.started'), sample(id)])
      const headers = { 'content-type': 'application/cloudevents-batch+json' }
      const { status, text } = await install.request('/v1/events', { body, headers, tenant: 'alpha' })
      expect([status, text]).toEqual([400, expect.stringContaining('"field":"correlationid"')])
    }
  })

  test('stops no record of anybody, from the log, from an earlier version, or after a restart', async () => {
    // Ten seconds, unless the machine is so busy that calls take as long without any poison.
    const withinSeconds = Math.max(10, 5 * usualSeconds)
    const poison = halves.flatMap((id) => [
      ...[inLog('quality-samples', sample(id)), inLog('call-events', event(id, 'call.started'))],
      ...[inLog('call-events', event(id, 'call.ended', { sip_code: 200 })), announced(id)],
    ])
    await install.append(poison)
    expect(await nextCalls()).toBeLessThan(withinSeconds)
    await install.append(poison)
    await install.restart()
    expect(await nextCalls()).toBeLessThan(withinSeconds)
    const { text } = await install.request('/api/dead-letters?limit=100')
    const letters = (JSON.parse(text) as { letters: readonly { reason: string; topic: string; identity: string }[] })
      .letters
    expect(new Set(letters.map(({ topic, reason }) => `${topic} ${reason}`))).toEqual(
      new Set(['quality-samples invalid_schema', 'call-events invalid_schema', 'call-changes invalid_schema']),
    )
    // After a kill the log is read again from before: the same letters, once more.
    expect(new Set(letters.map(({ identity }) => identity)).size).toBe(2 * poison.length)
    expect(JSON.parse((await install.request('/health/ready')).text)).toMatchObject({ status: 'ready' })
  }, 600_000)
})

test('hostile content in every field, at every door, delays no call beside it and is no fault of ours', async () => {
  const withinSeconds = Math.max(60, 20 * usualSeconds)
  const campaign = await runCampaign(install, { seed: 3, seconds: 50, withinSeconds })
  expect(faultsOf(campaign)).toEqual([])
  expect(Object.keys(campaign.sent).length).toBeGreaterThan(10)
}, 600_000)

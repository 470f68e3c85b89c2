import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { NewRecord } from '#contracts/event-log.ts'
import { auditEvent } from '#contracts/signals/audit-events.ts'
import { createAuditTrail } from './audit-trail.ts'

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 4, 1) }))
afterEach(() => void vi.useRealTimers())

const actor = { id: 'administrator-token', peer: 'loopback' } as const

/** A trail on a log that can be full, or silent. */
function aTrail() {
  const records: NewRecord[] = []
  let state: 'takes' | 'full' | 'silent' = 'takes'
  const lost: number[] = []
  const trail = createAuditTrail({
    log: {
      async append(batch) {
        if (state === 'full') throw new Error('full')
        if (state === 'silent') await new Promise(() => undefined)
        records.push(...batch)
      },
    },
    ...{ tenant: 'ops', clock: () => Date.now(), logger: { error() {} } },
    lost: (events) => lost.push(events),
  })
  const events = () => records.map(({ value }) => JSON.parse(String(value)) as { type: string; data: object })
  return {
    ...{ trail, records, events, lost },
    become: (next: typeof state) => {
      state = next
    },
  }
}

test('an act is two events of one act id, of the operator’s tenant, as the schema has them', async () => {
  const { trail, records, events } = aTrail()
  const end = await trail.begin({ actor, action: 'POST /api/keys', tenant: 'acme' })
  end({ outcome: 'done', status: 201, tenant: 'acme', target: 'key_1' })
  await trail.close()
  for (const event of events()) expect(auditEvent.parse(event)).toMatchObject({ source: '/callscope', tenantid: 'ops' })
  const [begun, done] = events()
  expect(begun?.data).toMatchObject({ outcome: 'begun', action: 'POST /api/keys', on_tenant: 'acme' })
  expect(done?.data).toMatchObject({ outcome: 'done', status: 201, target_id: 'key_1' })
  expect(new Set(events().map(({ data }) => (data as { act_id: string }).act_id)).size).toBe(1)
  expect(records.map(({ topic, key, headers }) => [topic, key, headers])).toEqual(
    records.map(() => ['audit-events', 'administrator-token', { 'callscope-tenant': 'ops' }]),
  )
})

test('an act is refused when the log refuses, and within seconds when it is silent', async () => {
  const { trail, become } = aTrail()
  become('full')
  await expect(trail.begin({ actor, action: 'POST /api/keys' })).rejects.toThrow('full')
  become('silent')
  const began = expect(trail.begin({ actor, action: 'POST /api/keys' })).rejects.toThrow('for 5 s')
  await vi.advanceTimersByTimeAsync(5_000)
  await began
})

test('the end of an act that is done waits for the log, and is said when it takes events again', async () => {
  const { trail, events, become } = aTrail()
  const end = await trail.begin({ actor, action: 'POST /api/keys' })
  become('full')
  end({ outcome: 'done', status: 201 })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(events()).toHaveLength(1)
  become('takes')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(events()[1]?.data).toMatchObject({ outcome: 'done' })
})

test('what waits is bounded, what is lost is counted, and a stop does not wait for ever', async () => {
  const { trail, become, lost } = aTrail()
  const end = await trail.begin({ actor, action: 'POST /api/keys' })
  become('silent')
  for (let n = 0; n < 1_010; n++) end({ outcome: 'done', status: 201 })
  expect(lost).toHaveLength(10)
  const closed = trail.close()
  await vi.advanceTimersByTimeAsync(5_000)
  await closed
  expect(lost.at(-1)).toBe(1_000)
})

test('a flood of refused credentials is a handful of events a minute, and its count is kept', async () => {
  const { trail, events } = aTrail()
  const stranger = { denial: 'unknown_key', access: 'read', peer: 'public' } as const
  for (let n = 0; n < 100_000; n++) trail.denied(stranger)
  for (let n = 0; n < 1_000; n++) trail.denied({ ...stranger, denial: 'revoked_key', keyId: `key_${n}` })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(events().length).toBeLessThanOrEqual(52)
  for (const event of events()) auditEvent.parse(event)
  const counts = events().map(({ data }) => data as { reason: string; count: number; actor_id: string })
  expect(counts.find(({ reason }) => reason === 'unknown_key')).toMatchObject({ count: 100_000, actor_id: 'unknown' })
  const revoked = counts.filter(({ reason }) => reason === 'revoked_key')
  expect(revoked.reduce((sum, { count }) => sum + count, 0)).toBe(1_000)
  await vi.advanceTimersByTimeAsync(120_000)
  expect(events().length).toBeLessThanOrEqual(52)
})

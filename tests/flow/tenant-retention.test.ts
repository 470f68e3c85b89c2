import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultWindows, recordHeaders } from '#contracts/pipeline.ts'
import { messagesOf } from '#tests/builders.ts'
import { type Flow, type PlainRecords, startFlow } from './flow.ts'

const dayMs = 86_400_000
const brief = 't000'
const usual = 't001'
const threeDays = { ...defaultWindows, retentionMs: 3 * dayMs, maxAgeMs: dayMs }
const imported = { headers: { [recordHeaders.run]: 'run-1' } }

const startMs = Math.floor((Date.now() - 600_000) / 60_000) * 60_000
const at = (second: number) => startMs + second * 1_000

let flow: Flow
let before: readonly PlainRecords[]
beforeAll(async () => {
  const windows = { byTenant: new Map([[brief, threeDays]]) }
  flow = await startFlow(startMs + 600_000, { windows })
  for (const tenant of [brief, usual]) {
    const { event, sample, log } = messagesOf(tenant)
    await flow.deliver(
      event('heard', 'call.started', at(0), { from: 'p-1', to: 'p-2', call_id: 'k-1' }),
      event('heard', 'call.answered', at(5), { carrier: 'northtel', codec: 'PCMU' }),
      ...[10, 15, 20].map((second) => sample('heard', at(second), { packets_received: 240, packets_lost: 10 })),
      log(at(20), 'no answer from gateway', { id: 'heard', severity: 17 }),
      event('heard', 'call.ended', at(65), { sip_code: 200 }),
      event('heard', 'cdr.recorded', at(70), { duration_seconds: 60 }),
    )
  }
  before = await flow.allSettled([brief, usual])
}, 60_000)
afterAll(() => flow?.stop())

test.each(['call_events', 'cdr_records', 'quality_samples', 'call_links', 'call_evidence'])(
  'rows of %s are kept as long as their tenant says',
  async (table) => {
    const days = await flow.rows<[string, number, number]>(
      `SELECT tenant, round((min(toUnixTimestamp(expires_at)) * 1000 - ${startMs}) / ${dayMs}),
         round((max(toUnixTimestamp(expires_at)) * 1000 - ${startMs}) / ${dayMs})
       FROM ${table} GROUP BY tenant ORDER BY tenant`,
    )
    expect(days).toEqual([
      [brief, 3, 3],
      [usual, 30, 30],
    ])
  },
)

test('a call freezes two days before its own raw goes, and not those of others', async () => {
  flow.clock.advance(1.5 * dayMs)
  for (const tenant of [brief, usual]) {
    const { sample } = messagesOf(tenant)
    await flow.deliver(sample('heard', at(12), { packets_received: 0, packets_lost: 250 }, imported))
  }
  const [frozen, told] = await flow.allSettled([brief, usual])
  expect((await flow.letters(brief)).map(({ reason }) => reason)).toEqual(['too_late'])
  expect(await flow.letters(usual)).toEqual([])
  expect(frozen).toEqual(before[0])
  expect(told?.heard?.streams).not.toEqual(before[1]?.heard?.streams)
})

test('a live event of a tenant may be no older than its raw is kept, less those two days', async () => {
  for (const tenant of [brief, usual]) {
    const { event } = messagesOf(tenant)
    await flow.deliver(event('late', 'call.started', flow.clock.now() - 1.2 * dayMs, {}))
  }
  await flow.drained()
  expect((await flow.letters(brief)).map(({ reason }) => reason)).toEqual(['too_late', 'too_old'])
  expect(await flow.letters(usual)).toEqual([])
})

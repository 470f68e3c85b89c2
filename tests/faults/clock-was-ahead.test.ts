import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { messagesOf } from '#tests/builders.ts'
import { type Flow, type PlainRecord, startFlow } from '#tests/flow/flow.ts'
import { waitFor } from '#tests/wait-for.ts'

/*
 * A clock that was wrong for so long that it was believed. Until it is right again the records say what it says; then nothing of
 * it is left, whether the process goes on or another begins.
 */

const minuteMs = 60_000
const dayMs = 86_400_000

let folder = ''
let flow: Flow
let tenants = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callscope-clock-'))
  flow = await startFlow(Date.now(), { folder })
})
afterAll(async () => {
  await flow.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A call that goes on, one that has ended, and what comes of them later. */
function calls(tenant: string) {
  const { event, sample } = messagesOf(tenant)
  const beganMs = Math.floor(flow.clock.now() / 1_000) * 1_000 - 2 * minuteMs
  const at = (seconds: number) => beganMs + seconds * 1_000
  return {
    at,
    first: [
      event('goes-on', 'call.started', at(0)),
      event('goes-on', 'call.answered', at(5)),
      sample('goes-on', at(20)),
      sample('goes-on', at(110)),
      event('ended', 'call.started', at(0)),
      event('ended', 'call.answered', at(5)),
      ...[20, 25, 30, 35].map((end) => sample('ended', at(end))),
      event('ended', 'call.ended', at(100), { sip_code: 200 }),
    ],
    /** Sent while the clock is wrong, by a producer whose clock is, too. */
    ofAnotherTime: (nowMs: number) => [event('of-another-time', 'call.started', nowMs)],
    later: [...[125, 130, 135].map((end) => sample('goes-on', at(end)))],
    lateAndBad: [40, 45, 50, 55, 60].map((end) =>
      sample('ended', at(end), { packets_received: 100, packets_lost: 150 }),
    ),
  }
}

const measured = (record: PlainRecord | undefined): number =>
  record?.streams.reduce((sum, { measuredMs }) => sum + measuredMs, 0) ?? 0

async function latestAsOf(): Promise<number> {
  const [[asOf] = [0]] = await flow.rows<[number]>(
    'SELECT toUnixTimestamp64Milli(max(as_of)) FROM calls FINAL WHERE is_deleted = 0',
  )
  return asOf
}

describe.each([
  ['a day', dayMs],
  ['a year', 365 * dayMs],
])('a clock %s ahead', (_, aheadMs) => {
  test.each([['the process goes on'], ['the process is another']])(
    'and right again, while %s: calls that go on are open, what comes late counts, no record is of a time to come',
    async (which) => {
      const tenant = `t${String(tenants++).padStart(3, '0')}`
      const { first, ofAnotherTime, later, lateAndBad } = calls(tenant)
      await flow.deliver(...first)
      await flow.drained()
      const before = await flow.recordsOf(tenant)
      expect(before['goes-on']?.state).toBe('open')

      flow.clock.advance(aheadMs)
      await flow.deliver(...ofAnotherTime(flow.clock.now() - 1_000))
      await flow.drained()
      // So it is believed: this is what has to be undone.
      expect((await flow.recordsOf(tenant))['goes-on']?.state).toBe('settled')
      if (which === 'the process is another') await flow.stop()
      flow.clock.advance(-aheadMs)
      if (which === 'the process is another') flow = await startFlow(flow.clock.now(), { folder })

      await flow.deliver(...later)
      const healed = await waitFor(
        () => flow.recordsOf(tenant),
        (records) => records['goes-on']?.state === 'open' && measured(records['goes-on']) > measured(before['goes-on']),
      )
      expect(healed['goes-on']?.endedBecause).toBeUndefined()
      expect(healed.ended?.state).toBe('settling')
      await flow.deliver(...lateAndBad)
      await waitFor(
        () => flow.recordsOf(tenant),
        (records) => records.ended?.verdict.class === 'poor',
      )
      await waitFor(latestAsOf, (asOf) => asOf <= flow.clock.now())
      const marks = await flow.registry.watermarks.read()
      expect(Math.max(...marks.map(({ watermarkMs }) => watermarkMs))).toBeLessThanOrEqual(flow.clock.now())
    },
  )
})

test('a clock a day back, and right again: the records are those of a clock that was right all along', async () => {
  const [disturbed, undisturbed] = [`t${String(tenants++).padStart(3, '0')}`, `t${String(tenants++).padStart(3, '0')}`]
  const [one, other] = [calls(disturbed), calls(undisturbed)]
  await flow.deliver(...one.first, ...other.first)
  await flow.drained()
  flow.clock.advance(-dayMs)
  await flow.drained()
  flow.clock.advance(dayMs)
  for (const { later, lateAndBad } of [one, other]) await flow.deliver(...later, ...lateAndBad)
  const [left, right] = await flow.allSettled([disturbed, undisturbed])
  expect(left).toEqual(right)
})

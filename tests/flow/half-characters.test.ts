import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordOnly } from '#contracts/changes.ts'
import { announcements } from '#pipelines/announce.ts'
import { aStage, type Flow, startFlow } from './flow.ts'

let flow: Flow
beforeAll(async () => {
  flow = await startFlow(Date.now())
}, 60_000)
afterAll(() => flow.stop())

/** As an earlier version stored an event whose sender had written half a character. */
const plant = (tenant: string, id: string, atMs: number, data: string) =>
  flow.warehouse.command({
    query: `INSERT INTO call_events (tenant, correlation_id, source, id, time, type, data, checksum, expires_at)
      VALUES ({tenant: String}, {id: String}, '/planted', 'p', {at: UInt64}, 'call.started', {data: String}, 1, {until: UInt32})`,
    query_params: { tenant, id, at: atMs, data, until: Math.floor(atMs / 1_000) + 86_400 * 30 },
  })

test('a call of which an earlier version has stored half a character is computed, with the replacement character', async () => {
  const { tenant, at, event } = aStage(flow)
  await plant(tenant, 'old', at(0), String.raw`{"from":"Ann \ud83d","carrier":"\udc00"}`)
  await flow.deliver(event('old', 'call.answered', at(1)), event('good', 'call.started', at(1)))
  await flow.drained()
  expect(await flow.recordsOf(tenant)).toMatchObject({
    old: { from: 'Ann \ufffd', carrier: '\ufffd', answeredMs: at(1) },
    good: { startedMs: at(1) },
  })
  expect(await flow.letters(tenant)).toEqual([])
})

test('what an earlier version has announced under half a character is a dead letter, and stops no other call', async () => {
  const { tenant, at, event } = aStage(flow)
  const before = (await flow.letters()).length
  const old = ['\ud800a', 'b\udc00', 'c\u0000'].map((id) => recordOnly({ tenant, id }))
  await flow.deliver(...announcements(old), event('good', 'call.started', at(0)))
  await flow.drained()
  expect(Object.keys(await flow.recordsOf(tenant))).toEqual(['good'])
  const letters = (await flow.letters()).slice(before).map(({ topic, reason }) => `${topic} ${reason}`)
  expect(letters.length).toBeGreaterThan(0)
  expect(new Set(letters)).toEqual(new Set(['call-changes invalid_schema']))
})

test('half a character in an event or sample is a dead letter, in a line of a log the replacement character', async () => {
  const { tenant, at, event, sample } = aStage(flow)
  await flow.deliver(
    event('\ud800', 'call.started', at(0)),
    event('a', 'call.started', at(0), { from: 'x\ud83d' }),
    sample('a\udc00', at(5)),
    event('b', 'call.started', at(0)),
  )
  await flow.drained()
  expect(Object.keys(await flow.recordsOf(tenant))).toEqual(['b'])
  const details = (await flow.letters(tenant)).map(({ detail }) => detail.split(':', 1)[0]).sort()
  expect(details).toEqual(['correlationid', 'correlationid', 'data.from'])
})

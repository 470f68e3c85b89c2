import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aStage, everyFew, type Flow, type Stage, startFlow } from './flow.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

let flow: Flow
beforeAll(async () => {
  flow = await startFlow(Date.now(), { holdsJumps: true })
})
afterAll(() => flow?.stop())

describe('ids that link nobody', () => {
  test('a nil id', async () => {
    const { tenant, at, event } = aStage(flow)
    const nil = { sip_session_id: '00000000000000000000000000000000', sip_call_id: '0', session_id: 'unknown' }
    await flow.deliver(event('a', 'call.started', at(0), nil), event('b', 'call.started', at(1), nil))
    await flow.drained()
    expect(await flow.recordsOf(tenant)).toMatchObject({
      a: { correlationIds: ['a'], ids: {} },
      b: { correlationIds: ['b'] },
    })
  })

  test('a hub: an id that 70 calls share, whether they come at once or one after another', async () => {
    const ids = Array.from({ length: 70 }, (_, n) => `c-${String((n * 37) % 70).padStart(2, '0')}`)
    const [atOnce, slowly] = [aStage(flow), aStage(flow)]
    const calls = ({ event, at }: Stage) =>
      ids.flatMap((id) => [event(id, 'call.started', at(0), { session_id: 'hub' }), event(id, 'call.ended', at(9))])
    const rest = calls(slowly)
    await flow.deliver(...calls(atOnce), ...rest.slice(0, 2 * 40))
    await flow.drained()
    expect(Object.keys(await flow.recordsOf(slowly.tenant))).toEqual(['c-00'])
    await flow.deliver(...rest.slice(2 * 40, 2 * 64))
    await flow.drained()
    await flow.deliver(...rest.slice(2 * 64))
    const [expected = {}, same] = await flow.allSettled([atOnce.tenant, slowly.tenant])
    expect(Object.keys(expected)).toEqual([...ids].sort())
    for (const call of Object.values(expected)) {
      expect(call.correlationIds).toEqual([call.id])
      expect(call.verdict.findings).toMatchObject([{ type: 'hub_link_ignored' }])
    }
    const timeless = (records: object) => JSON.stringify(records).replaceAll(/\d{13}/g, 'then')
    expect(timeless(same ?? {})).toEqual(timeless(expected))
  })
})

describe('time', () => {
  test('a clock that steps back an hour changes nothing', async () => {
    const [steady, stepping] = [aStage(flow), aStage(flow)]
    const half = ({ event, sample, at }: Stage, from: number) => [
      event('c', from === 0 ? 'call.started' : 'call.ended', at(from * 2)),
      ...everyFew(from, from + 30).map((second) => sample('c', at(second), { codec: 'PCMU' })),
    ]
    await flow.deliver(...half(steady, 0), ...half(stepping, 0))
    await flow.drained()
    await flow.deliver(...half(steady, 30))
    flow.clock.advance(-hourMs)
    await flow.deliver(...half(stepping, 30), ...half(stepping, 0))
    await flow.drained()
    const [expected, same] = await flow.allSettled([steady.tenant, stepping.tenant], hourMs + 30 * minuteMs)
    const shifted = (text: string) =>
      text.replaceAll(/\d{13}/g, (ms) => String(Number(ms) - (stepping.at(0) - steady.at(0))))
    expect(JSON.parse(shifted(JSON.stringify(same)))).toEqual(expected)
    expect(await flow.letters(stepping.tenant)).toEqual([])
  })
})

describe('call detail that states impossible times', () => {
  test("is kept, and its times are not the call's", async () => {
    const { tenant, at, event } = aStage(flow)
    for (const started_at of ['1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '0001-01-01T00:00:00Z']) {
      await flow.deliver(
        event(
          'c',
          'cdr.recorded',
          at(5),
          { started_at, ended_at: started_at, duration_seconds: 7 },
          { eventId: started_at },
        ),
      )
      await flow.drained()
    }
    expect(await flow.recordsOf(tenant)).toMatchObject({ c: { startedMs: at(5), cdr: { durationSeconds: 7 } } })
    await flow.announce(tenant, ['c'])
    await flow.drained()
    expect(Object.keys(await flow.recordsOf(tenant))).toEqual(['c'])
    expect(await flow.letters()).toEqual([])
  })
})

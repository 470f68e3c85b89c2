import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { traceOf } from '#tests/builders.ts'
import { aStage, everyFew, type Flow, startFlow } from './flow.ts'

const minuteMs = 60_000

let flow: Flow
beforeAll(async () => {
  flow = await startFlow(Date.now())
})
afterAll(() => flow?.stop())

describe('every kind of call is a call', () => {
  test('a conference: many legs joined by the conference they name, participants and no caller', async () => {
    const { tenant, at, event, sample } = aStage(flow)
    const of = (leg: string) => ({ leg_id: leg, conf_session_id: 'conf-1' })
    await flow.deliver(
      event('c-0', 'conference.started', at(0), { conf_session_id: 'conf-1' }),
      ...['one', 'two', 'three'].flatMap((leg, n) => [
        event(`c-${n + 1}`, 'conference.joined', at(1 + n), of(leg)),
        ...everyFew(5, 60).map((second) => sample(`c-${n + 1}`, at(second), of(leg))),
        event(`c-${n + 1}`, 'conference.left', at(61 + n), of(leg)),
      ]),
      event('c-0', 'conference.ended', at(65), { conf_session_id: 'conf-1' }),
    )
    const { 'c-0': call, ...others } = await flow.settled(tenant)
    expect(others).toEqual({})
    expect(call).toMatchObject({
      ...{ conference: true, disposition: 'answered', endedBecause: 'event', startedMs: at(0), endedMs: at(65) },
      correlationIds: ['c-0', 'c-1', 'c-2', 'c-3'],
      legs: [{ legId: 'one', role: 'participant' }, { legId: 'two' }, { legId: 'three', endedMs: at(63) }],
      verdict: { class: 'good' },
    })
    expect(call?.streams).toHaveLength(3)
  })

  test('a transfer: the second half goes on after the first has ended', async () => {
    const { tenant, at, event } = aStage(flow)
    await flow.deliver(
      event('first', 'call.started', at(0)),
      event('first', 'call.answered', at(2)),
      event('first', 'call.transferred', at(30), { transfer: 'blind', linked_correlation_id: 'second' }),
      event('first', 'call.ended', at(31)),
      event('second', 'call.started', at(30)),
    )
    await flow.drained()
    const { first } = await flow.recordsOf(tenant)
    expect(first).toMatchObject({ state: 'open', correlationIds: ['first', 'second'] })
    expect(first).not.toHaveProperty('endedMs')
    await flow.deliver(
      event('second', 'call.answered', at(33)),
      event('second', 'call.ended', at(90), { ended_by: 'callee' }),
    )
    expect(await flow.settled(tenant)).toMatchObject({
      first: { correlationIds: ['first', 'second'], endedMs: at(90), talkMs: 88_000, endedBy: 'callee' },
    })
  })

  test('without media: answered, ended, and nobody measured it', async () => {
    const { tenant, at, event } = aStage(flow)
    await flow.deliver(
      event('c', 'call.started', at(0)),
      event('c', 'call.answered', at(4)),
      event('c', 'call.ended', at(64)),
    )
    const { c } = await flow.settled(tenant)
    expect(c).toMatchObject({ talkMs: 60_000, setupMs: 4_000, streams: [] })
    expect(c?.verdict).toMatchObject({ class: 'unclassified', unclassified: 'no_samples' })
  })

  test('media without signalling: judged as a call though nobody knows who answered, ended by silence', async () => {
    const { tenant, at, sample } = aStage(flow)
    await flow.deliver(...everyFew(0, 60).map((second) => sample('c', at(second))))
    expect((await flow.settled(tenant)).c).toMatchObject({
      ...{ disposition: 'unknown', startedMs: at(0), endedMs: at(60), endedBecause: 'silence' },
      verdict: { class: 'good' },
    })
  })

  test('never ended: open until it has been silent for a quarter of an hour, and no longer', async () => {
    const { tenant, at, event, sample } = aStage(flow)
    await flow.deliver(
      event('c', 'call.started', at(0)),
      event('c', 'call.answered', at(1)),
      ...everyFew(1, 31).map((second) => sample('c', at(second))),
    )
    await flow.drained()
    expect((await flow.recordsOf(tenant)).c).toMatchObject({ state: 'open' })
    const { c } = await flow.settled(tenant, 10 * minuteMs)
    expect(c).toMatchObject({ endedBecause: 'silence', endedMs: at(31), talkMs: 30_000 })
  })

  test('longer than a day', async () => {
    const { tenant, at, event, sample } = aStage(flow)
    const day = 86_400
    await flow.deliver(
      event('c', 'call.started', at(-2 * day)),
      event('c', 'call.answered', at(-2 * day + 1)),
      ...[-2 * day, -day, 0].flatMap((from) => everyFew(from + 5, from + 60).map((second) => sample('c', at(second)))),
      event('c', 'call.ended', at(61)),
    )
    const { c } = await flow.settled(tenant)
    expect(c).toMatchObject({
      startedMs: at(-2 * day),
      endedMs: at(61),
      talkMs: (2 * day + 60) * 1_000,
      verdict: { class: 'good' },
    })
    expect(c?.streams[0]).toMatchObject({ measuredMs: 3 * 55_000, fromMs: at(-2 * day + 5), toMs: at(60) })
  })

  test('not answered: no class, however bad the ringback was', async () => {
    const { tenant, at, event, sample } = aStage(flow)
    await flow.deliver(
      event('c', 'call.started', at(0)),
      event('c', 'call.ringing', at(2)),
      sample('c', at(10), { packets_received: 100, packets_lost: 150 }),
      event('c', 'call.ended', at(20), { sip_code: 486 }),
    )
    const { c } = await flow.settled(tenant)
    expect(c).toMatchObject({ disposition: 'not_answered', sipCode: 486, setupMs: 2_000 })
    expect(c?.verdict).toMatchObject({ class: 'unclassified', unclassified: 'not_answered', reasons: [] })
  })

  test('only a call detail record', async () => {
    const { tenant, at, event } = aStage(flow)
    const iso = (second: number) => new Date(at(second)).toISOString()
    const times = { started_at: iso(0), answered_at: iso(5), ended_at: iso(65) }
    await flow.deliver(event('c', 'cdr.recorded', at(70), { ...times, duration_seconds: 60, carrier: 'northtel' }))
    expect((await flow.settled(tenant)).c).toMatchObject({
      ...{
        startedMs: at(0),
        answeredMs: at(5),
        endedMs: at(65),
        endedBecause: 'cdr',
        talkMs: 60_000,
        carrier: 'northtel',
      },
      ...{
        cdr: { durationSeconds: 60 },
        eventCount: 0,
        verdict: { class: 'unclassified', unclassified: 'no_samples' },
      },
    })
  })

  test('what only a trace id names is no call, and joins one as soon as something names both', async () => {
    const { tenant, at, event, span, log } = aStage(flow)
    const trace = traceOf('a')
    await flow.deliver(span(at(1), 'POST /routes', { trace, failed: true }), log(at(2), 'no route', { trace }))
    await flow.drained()
    expect(await flow.recordsOf(tenant)).toEqual({})
    await flow.deliver(event('c', 'call.started', at(0)), event('c', 'call.ended', at(9)))
    await flow.drained()
    expect(await flow.recordsOf(tenant)).toMatchObject({ c: { evidenceCount: 0, traceIds: [] } })
    // A span that is no evidence itself, but names both ids.
    await flow.deliver(span(at(3), 'GET /calls', { id: 'c', trace }))
    const { c } = await flow.settled(tenant)
    expect(c).toMatchObject({
      evidenceCount: 2,
      traceIds: [trace],
      evidence: [{ reason: 'span_failed' }, { reason: 'log_warning' }],
    })
    expect(c?.verdict.findings).toMatchObject([{ type: 'platform_span_failed' }])
  })
})

describe('unknown is never zero', () => {
  test('an interval in which nothing arrived has no loss, jitter or MOS', async () => {
    const { tenant, at, event, sample } = aStage(flow)
    const nothing = {
      packets_received: 0,
      packets_lost: 0,
      jitter_ms: undefined,
      round_trip_ms: undefined,
      codec: 'PCMU',
    }
    await flow.deliver(
      event('c', 'call.answered', at(0)),
      ...everyFew(0, 30).map((second) => sample('c', at(second), nothing)),
      event('c', 'call.ended', at(30)),
    )
    const { c } = await flow.settled(tenant)
    const [stream] = c?.streams ?? []
    expect(stream).toMatchObject({ packetsReceived: 0, measuredMs: 30_000, mos: [] })
    for (const unknown of ['lossRatio', 'jitterMs', 'jitterMaxMs', 'roundTripMs', 'concealedRatio'])
      expect(stream).not.toHaveProperty(unknown)
    expect(c).not.toHaveProperty('worstMos')
  })

  test('what no sample states is in no record', async () => {
    const { tenant, at, sample } = aStage(flow)
    const silent = { packets_received: 250, packets_lost: undefined, jitter_ms: undefined, round_trip_ms: undefined }
    await flow.deliver(...everyFew(0, 30).map((second) => sample('c', at(second), silent)))
    const { c } = await flow.settled(tenant)
    expect(c?.streams[0]).toMatchObject({ packetsReceived: 1_500 })
    for (const unknown of [
      'packetsLost',
      'lossRatio',
      'packetsDiscarded',
      'jitterMs',
      'roundTripMs',
      'packetsSent',
      'video',
    ]) {
      expect(c?.streams[0]).not.toHaveProperty(unknown)
    }
    for (const unknown of ['carrier', 'codec', 'sipCode', 'answeredMs', 'talkMs', 'setupMs', 'worstMos', 'cdr'])
      expect(c).not.toHaveProperty(unknown)
  })

  test('an unknown codec gives no MOS, and no dead letter', async () => {
    const { tenant, at, sample } = aStage(flow)
    await flow.deliver(...everyFew(0, 30).map((second) => sample('c', at(second), { codec: 'x-unheard-of/8000' })))
    const { c } = await flow.settled(tenant)
    expect(c?.streams[0]).toMatchObject({ codecs: ['x-unheard-of/8000'], mos: [], lossRatio: 0 })
    expect(c?.verdict.class).toBe('good')
    expect(await flow.letters(tenant)).toEqual([])
  })

  test('of running counters, neither the first report nor what a gap of more than a minute hides is known', async () => {
    const { tenant, at, sample } = aStage(flow)
    const report = (second: number, received: number, lost: number) =>
      sample('c', at(second), {
        scope: 'cumulative',
        interval_ms: undefined,
        packets_received: received,
        packets_lost: lost,
        round_trip_ms: undefined,
      })
    await flow.deliver(
      report(0, 9_000, 900),
      report(10, 9_500, 900),
      report(71, 90_000, 50_000),
      report(81, 90_500, 50_010),
    )
    const [stream] = (await flow.settled(tenant)).c?.streams ?? []
    expect(stream).toMatchObject({ packetsReceived: 1_000, packetsLost: 10, measuredMs: 20_000, scope: 'cumulative' })
  })
})

import { describe, expect, test } from 'vitest'
import type { CallEventRow, CdrRow } from '#contracts/call-record.ts'
import { aDigest, at, media, run } from '#quality/calls-for-tests.ts'
import { defaultPatience } from './fold.ts'
import { foldTimes, type TimesInput } from './fold-times.ts'

const event = (type: string, second: number, data: object = {}, correlationId = 'c'): CallEventRow => ({
  ...{ correlationId, source: '/s', id: `${type}-${second}`, atMs: at(second), type },
  data: { ...data },
})
const cdr = (second: number, data: Readonly<Record<string, unknown>>): CdrRow => event('cdr.recorded', second, data)
const iso = (second: number) => new Date(at(second)).toISOString()
const heard = (from: number, to: number) => aDigest({ runs: [run(from, to, media)], firstMs: at(from), lastMs: at(to) })

const fold = (input: Partial<TimesInput>, asOf = 1_000_000) =>
  foldTimes({ events: [], cdrs: [], streams: [], asOfMs: at(asOf), patience: defaultPatience, ...input })

describe('start', () => {
  test('is the one that was stated, even where something was seen before it', () => {
    expect(fold({ events: [event('call.routed', -3), event('call.started', 0)] })?.startedMs).toBe(at(0))
    expect(fold({ events: [event('call.routed', -3)], cdrs: [cdr(90, { started_at: iso(-4) })] })?.startedMs).toBe(
      at(-4),
    )
  })

  test('is the first that was seen of a call that nobody saw start', () => {
    expect(fold({ events: [event('call.ringing', 5)], streams: [heard(2, 9)] })?.startedMs).toBe(at(2))
    expect(fold({ cdrs: [cdr(90, {})] })?.startedMs).toBe(at(90))
  })

  test('of nothing is no call', () => {
    expect(fold({})).toBeUndefined()
  })
})

describe('end', () => {
  const started = event('call.started', 0)

  test('is open until it is said, settling for two minutes, then settled', () => {
    const events = [started, event('call.ended', 60)]
    expect(fold({ events: [started] }, 60)).toMatchObject({
      state: 'open',
      endedMs: undefined,
      changesAtMs: at(86_400),
    })
    expect(fold({ events }, 179.9)).toMatchObject({ state: 'settling', endedMs: at(60), changesAtMs: at(180) })
    expect(fold({ events }, 180)).toMatchObject({ state: 'settled', endedBecause: 'event', changesAtMs: undefined })
  })

  test('of linked halves is the last one, once every half that started has ended', () => {
    const both = [started, event('call.started', 20, {}, 'd'), event('call.ended', 30)]
    expect(fold({ events: both }, 100)).toMatchObject({ state: 'open' })
    expect(fold({ events: [...both, event('call.ended', 90, {}, 'd')] }, 100)).toMatchObject({ endedMs: at(90) })
  })

  test('is what the call detail says where no event does', () => {
    expect(fold({ events: [started], cdrs: [cdr(70, { ended_at: iso(65) })] })).toMatchObject({
      endedMs: at(65),
      endedBecause: 'cdr',
    })
  })

  test('is the last sign of life, after a quarter of an hour with media and a day without', () => {
    const withMedia = { events: [started], streams: [heard(5, 60)] }
    expect(fold(withMedia, 60 + 899)).toMatchObject({ state: 'open', changesAtMs: at(960) })
    expect(fold(withMedia, 960)).toMatchObject({ state: 'settled', endedMs: at(60), endedBecause: 'silence' })
    expect(fold({ events: [started] }, 86_399)).toMatchObject({ state: 'open' })
    expect(fold({ events: [started] }, 86_400)).toMatchObject({ endedMs: at(0), endedBecause: 'silence' })
  })
})

describe('answer and durations', () => {
  test('post-dial delay ends at the first sound; talk from the answer to the end, or so far', () => {
    const events = [event('call.started', 0), event('call.ringing', 2), event('call.answered', 6)]
    expect(fold({ events }, 30)).toMatchObject({
      setupMs: 2_000,
      answeredMs: at(6),
      talkMs: 0,
      disposition: 'answered',
    })
    expect(fold({ events: [...events, event('call.ended', 66)] })).toMatchObject({ talkMs: 60_000 })
  })

  test('unknown is not zero: without an answer there is no talk, without a sound no delay', () => {
    expect(fold({ events: [event('call.started', 0), event('call.ended', 9)] })).toMatchObject({
      ...{ talkMs: undefined, setupMs: undefined, answeredMs: undefined, disposition: 'not_answered' },
    })
  })

  test('clocks that disagree never make a duration negative', () => {
    const events = [event('call.answered', -5), event('call.ended', -7), event('call.started', 0)]
    expect(fold({ events })).toMatchObject({ setupMs: 0, talkMs: 0 })
  })

  test('codes are those of the last end', () => {
    const events = [
      event('call.ended', 8, { sip_code: 480 }),
      event('call.ended', 9, { sip_code: 200, q850_cause: 16, ended_by: 'callee' }),
    ]
    expect(fold({ events })).toMatchObject({ sipCode: 200, q850Cause: 16, endedBy: 'callee' })
  })
})

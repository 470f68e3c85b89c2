import { describe, expect, test } from 'vitest'
import type { CallEventRow, Finding } from '#contracts/call-record.ts'
import { intervalMask } from '#contracts/interval-mask.ts'
import {
  aPoorRecord,
  aReason,
  aRecord,
  aStream,
  aWhole,
  samplesOfLoss,
  startMs,
  thresholds,
} from '../calls-for-tests.ts'
import { viewsOf } from '../media/views.ts'
import { endText } from './call-end.ts'
import { eventDetail } from './event-text.ts'
import { rungsOf } from './ladder.ts'
import { momentOfBecause, momentOfReason } from './moments.ts'
import { confidenceWord, findingSentence, headline, reasonSentence } from './sentences.ts'
import { statementsOf } from './statements.ts'
import { levelOf, msOfNanos } from './telemetry.ts'

const oneWay: Finding = {
  type: 'one_way_audio',
  severity: 'poor',
  stream: aStream().key,
  fromMs: startMs,
  toMs: startMs + 44_000,
  text: 'one-way audio: nothing callee -> caller for 44 s while the other direction carried media',
}

const anEvent = (type: string, second: number, data: Record<string, unknown> = {}): CallEventRow => ({
  correlationId: 'call-1',
  source: 'test',
  id: `${type} ${second}`,
  atMs: startMs + second * 1_000,
  type,
  data,
})

describe('the headline', () => {
  test('says who missed how much of whom, for how long', () => {
    const record = aPoorRecord([aReason()])
    expect(headline(record, thresholds)).toMatch(/^the caller missed 7\.2\s?% of what the callee said, for 41 sec/)
  })

  test('names the limit where the mean would play down what happened', () => {
    const sentence = reasonSentence(aReason({ value: 0.01 }), aRecord(), thresholds)
    expect(sentence).toMatch(/missed 5\s?% or more of what the callee said/)
  })

  test('claims no amount that is not certain: without limits the server’s words stand', () => {
    expect(reasonSentence(aReason(), aRecord(), undefined)).toBe('loss 7.2 % for 41 s, callee -> caller')
  })

  test('silence comes before figures', () => {
    expect(headline(aPoorRecord([aReason()], [oneWay]), thresholds)).toMatch(
      /^the caller heard nothing from the callee for 44 sec/,
    )
  })

  test.each([
    ['not_answered', /Nobody answered/],
    ['too_short', /Too short/],
    ['no_samples', /Nobody measured/],
    ['not_computed', /Not computed/],
  ] as const)('an unclassified call says why: %s', (unclassified, words) => {
    const verdict = { class: 'unclassified', unclassified, reasons: [], findings: [], fault: undefined } as const
    expect(headline(aRecord({ verdict }), thresholds)).toMatch(words)
  })

  test('a finding about no stream stays in the words of the server', () => {
    const finding: Finding = { ...oneWay, type: 'platform_span_failed', stream: undefined, text: 'router failed' }
    expect(findingSentence(finding, aRecord())).toBe('router failed')
  })
})

test('confidence has words', () => {
  expect([0.9, 0.7, 0.45, 0.1].map(confidenceWord)).toEqual(['very likely', 'likely', 'possible', 'a weak hint'])
})

test('one direction that was bad at both of its ends is said once', () => {
  const record = aPoorRecord([aReason(), aReason({ stream: 'leg-b/audio/send/' })])
  const { why } = statementsOf({ record, views: [], thresholds })
  expect(why.map(({ places }) => places)).toEqual([2])
})

describe('evidence', () => {
  const poor = intervalMask.media | intervalMask.lossPoor | intervalMask.lossDegraded
  const samples = { streams: [samplesOfLoss([0, 0.1, 0.1, 0], [1, poor, poor, 1])], truncated: false, thresholds }
  const record = aPoorRecord([aReason()])
  const views = viewsOf(aWhole(record), samples)

  test('leads to the time and the lane in which it was seen', () => {
    expect(momentOfReason(aReason(), views)).toMatchObject({
      range: { fromMs: startMs + 1_000, toMs: startMs + 3_000 },
      lane: expect.stringMatching(/^loss leg-a\/audio\/receive\//),
    })
  })

  test('an end that a rule blames leads to what went bad there', () => {
    expect(momentOfBecause('caller: one direction went bad at this end', { record, views })?.lane).toMatch(/^loss /)
  })

  test('a stream that is not in the record leads nowhere', () => {
    expect(momentOfReason(aReason({ stream: 'gone' }), views)).toBeUndefined()
  })
})

describe('the ladder', () => {
  const leg = { legId: 'leg-b', role: 'callee', device: 'sip', addedMs: startMs, endedMs: undefined } as const
  const of = (data: Record<string, unknown> = {}) => ({ leg_id: 'leg-b', ...data })

  test('hold lasts from held to resumed, and to the end where nobody resumed', () => {
    const events = [anEvent('call.held', 10, of()), anEvent('call.resumed', 20, of()), anEvent('call.held', 50, of())]
    const rung = rungsOf(aRecord({ legs: [leg], events }), startMs + 120_000).find(({ id }) => id === 'leg-b')
    expect(rung?.held).toEqual([
      { fromMs: startMs + 10_000, toMs: startMs + 20_000 },
      { fromMs: startMs + 50_000, toMs: startMs + 120_000 },
    ])
  })

  test('an event of a leg that never joined is the call’s', () => {
    const events = [anEvent('call.muted', 5, { leg_id: 'stranger' })]
    const [whole] = rungsOf(aRecord({ legs: [leg], events }), startMs)
    expect(whole?.marks.map(({ event }) => event.type)).toEqual(['call.muted'])
  })

  test('an end by failure is told from an end', () => {
    const events = [anEvent('call.ended', 5, { sip_code: 503 }), anEvent('call.ended', 6, { sip_code: 200 })]
    expect(rungsOf(aRecord({ events }), startMs)[0]?.marks.map(({ tone }) => tone)).toEqual(['bad', 'plain'])
  })
})

test('the end says how, by whom and with which codes, as a carrier writes them', () => {
  expect(endText(aRecord())).toBe('Answered, ended by the caller, SIP 200 (OK), Q.850 16 (Normal call clearing)')
})

test('an event says what it said, without the ids that stand in the header', () => {
  const event = anEvent('call.ended', 0, { sip_code: 486, ended_by: 'callee', call_id: 'x', wait_ms: 20 })
  expect(eventDetail(event)).toBe('SIP 486 (Busy Here), ended by callee, wait 20 ms')
})

test('times of telemetry keep their parts of a millisecond, and garbage is no time', () => {
  expect(msOfNanos('1605197600067250000')).toBeCloseTo(1_605_197_600_067.25, 2)
  expect(msOfNanos('soon')).toBe(0)
})

test('severity is read from its number, and from its text where there is none', () => {
  const levels = [
    { severityNumber: 17, severityText: '' },
    { severityNumber: 13, severityText: 'ERROR' },
    { severityNumber: 0, severityText: 'Error' },
    { severityNumber: 5, severityText: '' },
  ].map(levelOf)
  expect(levels).toEqual(['error', 'warning', 'error', 'debug'])
})

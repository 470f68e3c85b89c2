import { describe, expect, test } from 'vitest'
import {
  aCall,
  anEvent,
  aSpan,
  at,
  calleeHears,
  calleeSays,
  callerHears,
  callerSays,
  clean,
  leg,
  media,
  poorLoss,
  run,
  silence,
} from './calls-for-tests.ts'
import { judgeCall } from './judge.ts'
import type { CallFacts } from './views.ts'

const verdictOf = (given: Partial<CallFacts>) => judgeCall(aCall(given))
const findingsOf = (given: Partial<CallFacts>) => verdictOf(given).findings.map(({ type }) => type)
const deafFrom = (seconds: number) => calleeHears([run(0, seconds, media), run(seconds, 60, silence)])

describe('one-way audio', () => {
  test('is found where one side hears and the other was seen to hear nothing for five seconds', () => {
    const verdict = verdictOf({ streams: [callerHears(clean), deafFrom(30)] })
    expect(verdict.class).toBe('poor')
    expect(verdict.findings).toMatchObject([
      { type: 'one_way_audio', severity: 'poor', stream: 'b/audio/receive/', fromMs: at(30), toMs: at(60) },
    ])
    expect(verdict.findings[0]?.text).toBe(
      'one-way audio: nothing caller -> callee for 30 s while the other direction carried media',
    )
  })

  test('is not, when it lasts four seconds', () => {
    expect(findingsOf({ streams: [callerHears(clean), deafFrom(56)] })).toEqual([])
  })

  test('is not proved by an observer who never counted packets there, nor by missing samples', () => {
    const blind = calleeHears([run(0, 60, silence)], { packetsReceived: undefined, packetsLost: undefined })
    expect(findingsOf({ streams: [callerHears(clean), blind] })).toEqual([])
    expect(findingsOf({ streams: [callerHears(clean), calleeHears([run(0, 10, media)])] })).toEqual([])
    expect(findingsOf({ streams: [callerHears(clean)] })).toEqual([])
  })

  test('is found behind a server that received everything: nearest to the ear decides', () => {
    const streams = [callerHears(clean), callerSays(clean), deafFrom(30)]
    expect(findingsOf({ streams })).toEqual(['one_way_audio'])
    expect(
      findingsOf({ streams: [callerHears(clean), callerSays([run(0, 60, silence)]), calleeHears(clean)] }),
    ).toEqual([])
  })

  test.each([
    ['hold', [anEvent('call.held', 29), anEvent('call.resumed', 60)]],
    ['hold that nobody resumed', [anEvent('call.held', 29, { leg_id: 'a' })]],
    ["the speaker's mute", [anEvent('call.muted', 29, { leg_id: 'a' })]],
    ['a mute that names no leg', [anEvent('call.muted', 29)]],
    ['an announcement', [anEvent('call.started', 0, { expected_streams: 'receive_only' })]],
  ])('is not %s', (_, events) => {
    expect(findingsOf({ streams: [callerHears(clean), deafFrom(30)], events })).toEqual([])
  })

  test("is still found under the listener's own mute, or a hold that is long over", () => {
    const streams = [callerHears(clean), deafFrom(30)]
    expect(findingsOf({ streams, events: [anEvent('call.muted', 1, { leg_id: 'b' })] })).toEqual(['one_way_audio'])
    expect(findingsOf({ streams, events: [anEvent('call.held', 5), anEvent('call.resumed', 10)] })).toEqual([
      'one_way_audio',
    ])
  })

  test('is not silence that samples report as muted, as far as they do', () => {
    const sender = callerSays([], { observer: 'browser', packetsReceived: undefined, mutedMs: 30_000 })
    expect(findingsOf({ streams: [callerHears(clean), deafFrom(30), sender] })).toEqual([])
    expect(findingsOf({ streams: [callerHears(clean), deafFrom(30), { ...sender, mutedMs: 20_000 }] })).toEqual([
      'one_way_audio',
    ])
  })

  test('is not silence suppression, which ends by itself', () => {
    const pause = [run(0, 20, media), run(20, 40, silence), run(40, 60, media)]
    const g729 = calleeHears(pause, { codecs: ['G729'] })
    expect(findingsOf({ streams: [callerHears(clean), g729] })).toEqual([])
    expect(findingsOf({ streams: [callerHears(clean), calleeHears(pause)] })).toEqual(['one_way_audio'])
    const never = calleeHears([run(0, 20, media), run(20, 60, silence)], { codecs: ['G729'] })
    expect(findingsOf({ streams: [callerHears(clean), never] })).toEqual(['one_way_audio'])
  })

  test('ends with the call, and a leg that left owes nothing', () => {
    const streams = [callerHears([run(0, 90, media)]), calleeHears([run(0, 58, media), run(58, 90, silence)])]
    expect(findingsOf({ streams })).toEqual([])
    const legs = [leg('a', 'caller'), leg('b', 'callee', { endedMs: at(59) })]
    expect(findingsOf({ streams, legs, endedMs: at(90) })).toEqual([])
  })

  test('in a conference is hearing nothing while others speak; not speaking is no fault', () => {
    const legs = [leg('a', 'participant'), leg('b', 'participant'), leg('c', 'participant')]
    const deaf = calleeHears([run(0, 60, silence)])
    const conference = { conference: true, legs, answeredMs: undefined }
    expect(findingsOf({ ...conference, streams: [callerSays(clean), deaf] })).toEqual(['one_way_audio'])
    expect(findingsOf({ ...conference, streams: [calleeSays(clean), deaf] })).toEqual([])
    expect(findingsOf({ ...conference, streams: [callerHears(clean), callerSays([run(0, 60, silence)])] })).toEqual([])
  })
})

describe('media after the answer', () => {
  const heardFrom = (seconds: number) => [run(0, seconds, silence), run(seconds, 60, media)]

  test('that does not come for five seconds makes a call poor', () => {
    const verdict = verdictOf({ streams: [callerHears([run(0, 60, silence)]), calleeHears([run(0, 60, silence)])] })
    expect(verdict.class).toBe('poor')
    expect(verdict.findings.map(({ type }) => type)).toEqual(['no_media_after_answer', 'no_media_after_answer'])
  })

  test('is judged only as far as the call had got', () => {
    const streams = [calleeHears([run(0, 60, silence)])]
    expect(findingsOf({ streams, endedMs: undefined, asOfMs: at(4) })).toEqual([])
    expect(findingsOf({ streams, endedMs: undefined, asOfMs: at(5) })).toEqual(['no_media_after_answer'])
    expect(findingsOf({ streams, endedMs: at(4) })).toEqual([])
  })

  test.each([
    [1, 'good'],
    [1.5, 'degraded'],
    [2, 'degraded'],
    [3, 'poor'],
  ])('that comes after %d s makes a call %s', (seconds, expected) => {
    expect(verdictOf({ streams: [callerHears(clean), calleeHears(heardFrom(seconds))] }).class).toBe(expected)
  })

  test('that was not looked for from the answer on is not called late', () => {
    expect(findingsOf({ streams: [callerHears(clean), calleeHears([run(10, 60, media)])] })).toEqual([])
    expect(findingsOf({ streams: [calleeHears([run(8, 14, silence), run(14, 60, media)])] })).toEqual([])
  })

  test('during hold is not owed', () => {
    expect(
      findingsOf({
        streams: [calleeHears(heardFrom(10))],
        events: [anEvent('call.held', 0), anEvent('call.resumed', 10)],
      }),
    ).toEqual([])
  })
})

describe('findings that are stated', () => {
  test('a loss burst, but not loss that lasts most of the call', () => {
    const burst = verdictOf({ streams: [calleeHears([run(0, 30, media), run(30, 34, poorLoss), run(34, 60, media)])] })
    expect(burst).toMatchObject({
      class: 'good',
      findings: [{ type: 'loss_burst', severity: 'none', fromMs: at(30), toMs: at(34) }],
    })
    expect(findingsOf({ streams: [calleeHears([run(0, 60, poorLoss)])], endedMs: at(200) })).toEqual([])
  })

  test('a call that ended within ten seconds of a poor stretch, and by whom', () => {
    const streams = [calleeHears([run(0, 40, media), run(40, 52, poorLoss), run(52, 60, media)])]
    const { findings } = verdictOf({ streams, endedBy: 'callee' })
    expect(findings.at(-1)).toMatchObject({
      type: 'ended_after_poor_stretch',
      severity: 'none',
      text: 'ended 8 s after a poor stretch of 12 s, caller -> callee, by callee',
    })
    expect(findingsOf({ streams, endedMs: at(70) })).not.toContain('ended_after_poor_stretch')
    expect(findingsOf({ streams, endedMs: undefined })).not.toContain('ended_after_poor_stretch')
  })

  test('a client that its processor held back', () => {
    expect(findingsOf({ streams: [calleeHears(clean, { cpuLimitedMs: 12_000 })] })).toEqual(['client_limited'])
    expect(findingsOf({ streams: [calleeHears(clean, { cpuLimitedMs: 2_000 })] })).toEqual([])
  })

  test('failed spans, once per service, and failed recordings', () => {
    const evidence = [
      aSpan(),
      aSpan({ id: 'span-2' }),
      aSpan({ id: 'span-3', service: 'routing', detail: '' }),
      aSpan({ id: 'span-4', reason: 'span_slow' }),
    ]
    const { findings } = verdictOf({ evidence, events: [anEvent('call.recording_failed', 9, { error: 'disk full' })] })
    expect(findings.map(({ text }) => text)).toEqual([
      'media-server bridge failed: timeout, 2 in all',
      'routing bridge failed',
      'recording failed: disk full',
    ])
  })
})

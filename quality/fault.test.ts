import { describe, expect, test } from 'vitest'
import {
  aCall,
  anEvent,
  aSpan,
  aTally,
  calleeHears,
  calleeSays,
  callerHears,
  callerSays,
  clean,
  heardConcealment,
  leg,
  poorLoss,
  poorMos,
  run,
  silence,
} from './calls-for-tests.ts'
import { judgeCall } from './judge.ts'
import type { CallFacts } from './views.ts'

const bad = [run(0, 60, poorLoss)]
const lossy = { packetsLost: 300, packetsExpected: 3000 }
const faultOf = (given: Partial<CallFacts>) => judgeCall(aCall(given)).fault

describe('whose fault', () => {
  test("both directions bad at one leg, the other leg clean: that leg's access", () => {
    const streams = [callerSays(bad, lossy), callerHears(bad, lossy), calleeSays(clean), calleeHears(clean)]
    expect(faultOf({ streams })).toEqual({
      domain: 'caller_access',
      confidence: 0.9,
      because: ['caller: both directions went bad at this end, the other end is clean'],
    })
  })

  test('what was bad on arrival is not held against the listener', () => {
    const streams = [callerSays(bad, lossy), callerHears(bad, lossy), calleeSays(clean), calleeHears(bad, lossy)]
    expect(faultOf({ streams })?.domain).toBe('caller_access')
  })

  test("one direction that arrived well and was heard badly is the listener's access, less surely", () => {
    const streams = [callerSays(clean), calleeHears(bad, lossy), callerHears(clean), calleeSays(clean)]
    expect(faultOf({ streams })).toMatchObject({ domain: 'callee_access', confidence: 0.6 })
  })

  test('confidence falls with missing views, and no rule fires on absent data', () => {
    expect(faultOf({ streams: [callerSays(clean), calleeHears(bad, lossy), calleeSays(clean)] })).toMatchObject({
      domain: 'callee_access',
      confidence: 0.5,
    })
    expect(faultOf({ streams: [calleeHears(bad, lossy)] })).toEqual({
      domain: 'unknown',
      confidence: 0,
      because: ['no view tells the sides apart'],
    })
  })

  test('a direction that nobody looked at makes the other less sure', () => {
    expect(faultOf({ streams: [callerSays(clean), calleeHears(bad, lossy)] })).toMatchObject({
      domain: 'callee_access',
      confidence: 0.4,
    })
  })

  test('an end that was not fully seen is not called clean', () => {
    const fault = faultOf({ streams: [callerSays(bad, lossy), callerHears(bad, lossy), calleeSays(clean)] })
    expect(fault).toEqual({
      domain: 'caller_access',
      confidence: 0.8,
      because: ['caller: both directions went bad at this end, the other end was not fully seen'],
    })
  })

  describe('over a carrier', () => {
    const started = (direction: string | undefined) => [
      anEvent('call.started', 0, direction === undefined ? {} : { direction }),
      anEvent('call.routed', 1, { carrier: 'northtel' }),
    ]
    const atCallee = [callerSays(clean), callerHears(bad, lossy), calleeSays(bad, lossy), calleeHears(bad, lossy)]
    const atCaller = [callerSays(bad, lossy), callerHears(bad, lossy), calleeSays(clean), calleeHears(bad, lossy)]
    const caution = 'over carrier northtel: one call alone cannot tell its access from the carrier'

    test("one call cannot tell the callee's access from the carrier of an outbound call", () => {
      const fault = faultOf({ streams: atCallee, events: started('outbound') })
      expect(fault?.domain).toBe('callee_access')
      expect(fault?.confidence).toBe(0.45)
      expect(fault?.because).toEqual([
        `callee: both directions went bad at this end, the other end is clean; this leg runs ${caution}`,
      ])
    })

    test("nor the caller's access from the carrier of an inbound one", () => {
      const fault = faultOf({ streams: atCaller, events: started('inbound') })
      expect(fault).toMatchObject({ domain: 'caller_access', confidence: 0.45 })
      expect(fault?.because[0]).toContain(caution)
    })

    test('the leg on our own side is as sure as ever', () => {
      expect(faultOf({ streams: atCaller, events: started('outbound') })?.confidence).toBe(0.9)
      expect(faultOf({ streams: atCallee, events: started('inbound') })?.confidence).toBe(0.9)
      expect(faultOf({ streams: atCallee, events: started('internal') })?.confidence).toBe(0.9)
    })

    test('a call that does not say which way it went may have its carrier at either end', () => {
      for (const streams of [atCaller, atCallee]) {
        const fault = faultOf({ streams, events: started(undefined) })
        expect(fault?.confidence).toBe(0.45)
        expect(fault?.because[0]).toContain(`this leg may run ${caution}`)
      }
    })

    test('is never surer than half, whatever was seen', () => {
      const views = [callerSays(clean), callerHears(bad, lossy), calleeSays(bad, lossy), calleeHears(bad, lossy)]
      for (let bits = 1; bits < 16; bits++) {
        const streams = views.filter((_, at) => (bits & (1 << at)) !== 0)
        const fault = faultOf({ streams, events: started('outbound') })
        if (fault?.domain === 'callee_access') expect(fault.confidence).toBeLessThanOrEqual(0.5)
      }
    })
  })

  test('failed spans of ours speak for the platform; slow ones less', () => {
    const streams = [calleeHears(bad, lossy)]
    expect(faultOf({ streams, evidence: [aSpan()] })).toMatchObject({
      domain: 'platform',
      confidence: 0.7,
      because: ['spans failed: media-server'],
    })
    expect(faultOf({ streams, evidence: [aSpan({ reason: 'span_slow' })] })).toMatchObject({
      domain: 'platform',
      confidence: 0.5,
    })
    expect(faultOf({ streams, evidence: [aSpan({ kind: 'log', reason: 'log_warning' })] })?.domain).toBe('unknown')
  })

  test('all legs bad, and all on one media node: the platform', () => {
    const streams = [callerSays(bad, lossy), calleeSays(bad, lossy)]
    expect(faultOf({ streams, events: [anEvent('call.answered', 0, { media_node: 'mn-1' })] })).toMatchObject({
      domain: 'platform',
      confidence: 0.5,
    })
    expect(faultOf({ streams })?.domain).toBe('unknown')
  })

  test('concealment without network loss, or a processor at its limit: the device', () => {
    const concealing = calleeHears([run(0, 60, heardConcealment)], { concealedSamples: 900, samplesReceived: 9000 })
    expect(faultOf({ streams: [concealing] })?.domain).toBe('client_device')
    expect(faultOf({ streams: [{ ...concealing, ...lossy }] })?.domain).not.toBe('client_device')
    expect(
      faultOf({ streams: [{ ...concealing, packetsLost: undefined, packetsExpected: undefined }] })?.domain,
    ).not.toBe('client_device')
    expect(faultOf({ streams: [calleeHears(bad, { ...lossy, cpuLimitedMs: 30_000 })] })?.domain).toBe('client_device')
  })

  test('a low score without loss: the codec; where listening scores well, the delay', () => {
    const low = [aTally({ codecRow: 'G.726-24', hundredthMs: 60_000 * 300 })]
    expect(faultOf({ streams: [calleeHears([run(0, 60, poorMos)], { mos: low })] })).toMatchObject({
      domain: 'codec',
      confidence: 0.6,
    })
    const delayed = [aTally(), aTally({ kind: 'conversational', hundredthMs: 60_000 * 290 })]
    const fault = faultOf({ streams: [calleeHears([run(0, 60, poorMos)], { mos: delayed })] })
    expect(fault).toMatchObject({ domain: 'unknown', confidence: 0.3 })
    expect(fault?.because[0]).toContain('delay')
  })

  test("silence that was already there on arrival is the speaker's access", () => {
    const mute = [run(0, 60, silence)]
    expect(faultOf({ streams: [callerSays(mute), calleeSays(clean), callerHears(clean)] })).toMatchObject({
      domain: 'caller_access',
    })
  })

  test('a good call, and one that nobody measured, is nobody’s fault', () => {
    expect(faultOf({ streams: [calleeHears(clean)] })).toBeUndefined()
    expect(faultOf({})).toBeUndefined()
  })

  test('a conference with one bad leg is not pinned on a caller', () => {
    const legs = [leg('a', 'participant'), leg('b', 'participant')]
    expect(faultOf({ conference: true, legs, streams: [calleeHears(bad, lossy)] })?.domain).toBe('unknown')
  })
})

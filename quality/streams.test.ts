import { describe, expect, test } from 'vitest'
import { at, calleeHears, callerHears, callerSays, clean, leg, media, run } from './calls-for-tests.ts'
import { chooseViews, createEnds, streamKeyOf } from './streams.ts'

const send = (legId: string) => ({ legId, direction: 'send' }) as const
const receive = (legId: string) => ({ legId, direction: 'receive' }) as const

describe('directions', () => {
  const endsOf = createEnds({ legs: [leg('a', 'caller'), leg('b', 'callee')], streams: [], conference: false })

  test('what the caller sends and what the callee receives are one direction', () => {
    expect([endsOf(send('a')).label, endsOf(receive('b')).label]).toEqual(['caller -> callee', 'caller -> callee'])
    expect([endsOf(receive('a')).label, endsOf(send('b')).label]).toEqual(['callee -> caller', 'callee -> caller'])
  })

  test('of two legs, one known role gives the other', () => {
    const known = createEnds({ legs: [leg('a', 'caller')], streams: [{ legId: 'b' }], conference: false })
    expect(known(send('b')).label).toBe('callee -> caller')
  })

  test('legs without roles are named, and a lone leg talks to the far end', () => {
    expect(createEnds({ legs: [leg('x'), leg('y')], streams: [], conference: false })(send('x')).label).toBe(
      'leg x -> leg y',
    )
    expect(createEnds({ legs: [leg('x')], streams: [], conference: false })(receive('x')).label).toBe(
      'far end -> leg x',
    )
    expect(createEnds({ legs: [], streams: [], conference: false })(send('')).label).toBe('party -> far end')
  })

  test('in a conference everybody talks to it', () => {
    expect(createEnds({ legs: [leg('x'), leg('y')], streams: [], conference: true })(receive('y')).label).toBe(
      'conference -> leg y',
    )
  })
})

describe('keys', () => {
  test('tell streams apart even where ids hold slashes', () => {
    const keys = [
      streamKeyOf({ legId: 'a/audio', kind: 'audio', direction: 'send', streamId: '' }),
      streamKeyOf({ legId: 'a', kind: 'audio', direction: 'send', streamId: 'audio/send' }),
    ]
    expect(keys).toEqual(['a%2Faudio/audio/send/', 'a/audio/send/audio%2Fsend'])
  })
})

describe('the observer that counts', () => {
  test('is, for what a party hears, its own device', () => {
    const [browser, sbc] = [calleeHears(clean), calleeHears(clean, { observer: 'sbc' })]
    expect([...chooseViews([sbc, browser])]).toEqual([browser])
  })

  test('is, for what a party says, whoever received it: the device knows only what it sent', () => {
    const device = callerSays(clean, { observer: 'browser', packetsReceived: undefined, packetsSent: 3000 })
    const server = callerSays(clean)
    expect([...chooseViews([device, server])]).toEqual([server])
    expect([...chooseViews([device])]).toEqual([device])
  })

  test('is one for each stream, and talk time under two correlation ids is not lost', () => {
    const before = callerHears([run(0, 30, media)])
    const after = callerHears([run(31, 60, media)], { correlationId: 'call-2' })
    const twice = callerHears([run(5, 20, media)], { correlationId: 'call-3' })
    expect(new Set(chooseViews([after, twice, before]))).toEqual(new Set([before, after]))
    expect(after.firstMs).toBe(at(31))
  })

  test('does not mix streams of different calls that name no leg', () => {
    const [one, other] = ['call-1', 'call-2'].map((correlationId) => calleeHears(clean, { legId: '', correlationId }))
    expect(one && other && chooseViews([one, other]).size).toBe(2)
  })
})

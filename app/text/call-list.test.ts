import { describe, expect, test } from 'vitest'
import type { CallListItem } from '#contracts/warehouse.ts'
import { whyOf } from './call-list.ts'

const why = (call: Partial<CallListItem>) =>
  whyOf({
    state: 'settled',
    class: 'unclassified',
    disposition: 'answered',
    reasons: [],
    findings: [],
    ...call,
  } as CallListItem)

describe('what the list says of a call', () => {
  test('one that is still ringing is ringing, not unanswered', () => {
    expect(why({ state: 'open', disposition: 'unknown', unclassified: 'not_answered' })).toBe('ringing')
    expect(why({ disposition: 'not_answered', unclassified: 'not_answered' })).toBe('not answered')
  })

  test('an open one is open whatever its class, and what it shows is so far', () => {
    expect(why({ state: 'open', class: 'good' })).toBe('open')
    expect(why({ state: 'open', unclassified: 'no_samples' })).toBe('open: no samples yet')
    expect(why({ state: 'open', unclassified: 'too_short' })).toBe('open: too short so far')
    expect(why({ state: 'open', class: 'poor', findings: ['one_way_audio'], reasons: ['loss 7 % for 9 s'] })).toBe(
      'open: one_way_audio; loss 7 % for 9 s',
    )
  })

  test('one that has ended says that late reports may still change it, then no more', () => {
    expect(why({ state: 'settling', unclassified: 'no_samples' })).toBe('settling: no samples yet')
    expect(why({ state: 'settling', disposition: 'not_answered', unclassified: 'not_answered' })).toBe(
      'settling: not answered',
    )
    expect(why({ unclassified: 'no_samples' })).toBe('no samples')
    expect(why({ class: 'good' })).toBeUndefined()
  })
})

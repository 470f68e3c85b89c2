import { describe, expect, test } from 'vitest'
import { type Known, knownOf } from './use-loaded.ts'

const hour: Known<string> = { key: '60', value: 'of an hour', atMs: 5, error: undefined, loading: false }

describe('an answer', () => {
  test('stays while the same is asked again', () => {
    expect(knownOf(hour, '60')).toBe(hour)
  })

  test('to another question is not shown, and neither is what went wrong there', () => {
    const failed = { ...hour, error: new Error('no answer') }
    expect(knownOf(failed, '360')).toEqual({ key: '360', value: undefined, loading: true })
  })
})

import { expect, test } from 'vitest'
import { cdrEvent } from './cdr-events.ts'

const recorded = (times: Record<string, string>, type = 'cdr.recorded', more: object = {}) =>
  cdrEvent.safeParse({
    ...{ specversion: '1.0', id: '1', source: '/billing', type, time: '2026-05-01T12:10:00Z', correlationid: 'c1' },
    data: { ...times, ...more },
  })

/** Paths of what is wrong, with the fix. */
const faults = (...parsed: Parameters<typeof recorded>) => {
  const { error } = recorded(...parsed)
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []
}

const at = (time: string) => `2026-05-01T${time}`

test('a call detail whose times are in order is taken, also where some are missing or equal', () => {
  expect(faults({})).toEqual([])
  expect(faults({ ended_at: at('12:00:00Z') })).toEqual([])
  expect(faults({ started_at: at('12:00:00Z'), answered_at: at('12:00:00Z'), ended_at: at('12:00:00Z') })).toEqual([])
  expect(faults({ started_at: at('12:00:00Z'), answered_at: at('12:00:05Z'), ended_at: at('12:01:00Z') })).toEqual([])
})

test('an end before its start is refused, with the field and the fix; so is an answer before either', () => {
  const ended = 'data.ended_at: must not be before started_at'
  expect(faults({ started_at: at('12:00:00Z'), ended_at: at('11:59:59Z') })).toEqual([ended])
  expect(faults({ started_at: at('12:00:00.500Z'), ended_at: at('12:00:00.499Z') })).toEqual([ended])
  expect(faults({ started_at: at('12:00:05Z'), answered_at: at('12:00:00Z') })).toEqual([
    'data.answered_at: must not be before started_at',
  ])
  expect(faults({ answered_at: at('12:00:05Z'), ended_at: at('12:00:00Z') })).toEqual([
    'data.ended_at: must not be before answered_at',
  ])
  const rated = { billed_seconds: 1, amount: '1', currency: 'EUR' }
  expect(faults({ started_at: at('12:00:00Z'), ended_at: at('11:00:00Z') }, 'cdr.rated', rated)).toEqual([ended])
})

test('offsets are compared as moments', () => {
  expect(faults({ started_at: at('12:00:00Z'), ended_at: at('14:00:01+02:00') })).toEqual([])
  expect(faults({ started_at: at('12:00:00+02:00'), ended_at: at('09:59:59Z') })).toHaveLength(1)
})

test('an end whose fraction was cut is no end before its start', () => {
  expect(faults({ started_at: at('12:00:00.800Z'), ended_at: at('12:00:00Z') })).toEqual([])
  expect(faults({ started_at: at('12:00:01.800Z'), ended_at: at('12:00:00Z') })).toHaveLength(1)
})

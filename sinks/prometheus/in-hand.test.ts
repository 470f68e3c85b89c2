import { expect, test } from 'vitest'
import type { LogRecord, Polled } from '#contracts/event-log.ts'
import { createInHand } from './in-hand.ts'

const topic = 'call-events'
const aRecord = (logTimeMs: number): LogRecord => ({
  ...{ topic, partition: 0, offset: 1, logTimeMs, key: null, headers: {}, value: 'four' },
})

function aPoll(logNowMs: number, logTimes: readonly number[], unread = 0): Polled {
  return {
    ...{ generation: 1, logNowMs, records: logTimes.map(aRecord) },
    assignment: [{ topic, partition: 0, committed: 0 }],
    positions: [{ topic, partition: 0, next: 10, end: 10 + unread }],
  }
}

function anAccount() {
  const clock = { now: 0 }
  const account = createInHand(() => clock.now)
  return { clock, account, lag: () => account.lagSeconds().get(topic) }
}

test('with everything read and committed there is no lag, however long ago the last message came', () => {
  const { clock, account, lag } = anAccount()
  const polled = aPoll(100_000, [99_000])
  account.polled(polled)
  account.committed(polled)
  clock.now = 500_000
  expect([lag(), account.bytes()]).toEqual([0, 0])
})

test('while a store takes nothing, nothing is polled, and the lag goes on growing', () => {
  const { clock, account, lag } = anAccount()
  account.polled(aPoll(100_000, [99_000]))
  clock.now = 60_000
  expect([lag(), account.bytes()]).toEqual([61, 4])
})

test('a batch that is being stored counts until it is committed, though a younger one has been read', () => {
  const { account, lag } = anAccount()
  const before = aPoll(100_000, [90_000])
  account.polled(before)
  account.polled(aPoll(100_000, [99_000]))
  expect(lag()).toBe(10)
  account.committed(before)
  expect(lag()).toBe(1)
})

test('a topic with messages that no poll brings is as far behind as it has been seen to be', () => {
  const { account, lag } = anAccount()
  account.polled(aPoll(100_000, [], 5))
  account.polled(aPoll(130_000, [], 5))
  expect(lag()).toBe(30)
  account.polled(aPoll(131_000, [], 0))
  expect(lag()).toBe(0)
})

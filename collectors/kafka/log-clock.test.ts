import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLogClock } from './log-clock.ts'

function aClock() {
  const time = { wallMs: 1_700_000_000_000, monotonicMs: 5_000 }
  const logClock = createLogClock({ clock: () => time.wallMs, monotonic: () => time.monotonicMs })
  const pass = (ms: number) => {
    time.wallMs += ms
    time.monotonicMs += ms
  }
  return { time, logClock, pass, now: () => logClock.at(time.monotonicMs) }
}

test('before a broker has said anything the local clock counts, as it stood at the start', () => {
  const { pass, now } = aClock()
  pass(1_000)
  expect(now()).toBe(1_700_000_001_000)
})

test('a jump of the wall clock moves nothing', () => {
  const { time, logClock, pass, now } = aClock()
  logClock.learn(1_600_000_000_000)
  time.wallMs += 3_600_000
  pass(10)
  expect(now()).toBe(1_600_000_000_010)
})

test('of several answers the quickest is believed: a slow one says less than is so', () => {
  const { logClock, pass, now } = aClock()
  logClock.learn(1_600_000_000_000)
  pass(1_000)
  logClock.learn(1_600_000_000_500)
  expect(now()).toBe(1_600_000_001_000)
  pass(1_000)
  logClock.learn(1_600_000_002_400)
  expect(now()).toBe(1_600_000_002_400)
})

test('clocks that part are followed: what was learnt ten minutes ago no longer counts', () => {
  const { logClock, pass, now } = aClock()
  logClock.learn(1_600_000_000_000)
  for (let minute = 1; minute <= 11; minute += 1) {
    pass(60_000)
    logClock.learn(1_600_000_000_000 + minute * 59_990)
  }
  expect(now()).toBeLessThan(1_600_000_000_000 + 11 * 60_000)
  expect(now()).toBeGreaterThanOrEqual(1_600_000_000_000 + 11 * 59_990)
})

test('it is never behind what was learnt last, nor ahead of the broker’s clock', () => {
  const steps = fc.array(fc.record({ passMs: fc.nat(100_000), delayMs: fc.nat(500) }), { minLength: 1 })
  fc.assert(
    fc.property(steps, (all) => {
      const { time, logClock, pass, now } = aClock()
      for (const { passMs, delayMs } of all) {
        pass(passMs)
        const stamped = 1_600_000_000_000 + time.monotonicMs
        pass(delayMs)
        logClock.learn(stamped)
        expect(now()).toBeGreaterThanOrEqual(stamped)
        expect(now()).toBeLessThanOrEqual(stamped + delayMs)
      }
    }),
  )
})

test('of several brokers one whose clock jumps a day ahead is not believed, and told of while it stamps so', () => {
  const { time, logClock, pass, now } = aClock()
  const dayMs = 86_400_000
  const rightMs = () => 1_600_000_000_000 + time.monotonicMs
  logClock.learn(rightMs())
  for (let second = 0; second < 900; second += 1) {
    pass(1_000)
    logClock.learn(rightMs() + dayMs)
    logClock.learn(rightMs())
    expect(now()).toBe(rightMs())
  }
  expect(logClock.aheadMs()).toBe(dayMs)
  pass(301_000)
  logClock.learn(rightMs())
  expect([logClock.aheadMs(), now()]).toEqual([0, rightMs()])
})

test('brokers that were behind and are set right are believed: this machine says the same', () => {
  const { time, logClock, pass, now } = aClock()
  logClock.learn(time.wallMs - 86_400_000)
  pass(1_000)
  logClock.learn(time.wallMs)
  expect([now(), logClock.aheadMs()]).toEqual([time.wallMs, 0])
})

test('brokers that go on so for half an hour are believed whatever this machine says', () => {
  const { time, logClock, pass, now } = aClock()
  const aheadMs = 3_600_000
  logClock.learn(1_600_000_000_000 + time.monotonicMs)
  for (let minute = 0; minute <= 31; minute += 1) {
    pass(60_000)
    logClock.learn(1_600_000_000_000 + time.monotonicMs + aheadMs)
  }
  expect([now(), logClock.aheadMs()]).toEqual([1_600_000_000_000 + time.monotonicMs + aheadMs, 0])
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { believedAheadMs } from '#contracts/clock.ts'
import {
  aheadBelievedAfterMs,
  backBelievedAfterMs,
  createTrustedClock,
  earliestMs,
  type KnownTime,
} from './trusted-clock.ts'

const dayMs = 86_400_000
const startMs = Date.UTC(2026, 10, 30)

/** True time, and a machine whose clock is off by what a test says. */
function aMachine({ offMs = 0, known }: { readonly offMs?: number; readonly known?: KnownTime } = {}) {
  const machine = { trueMs: startMs, steadyMs: 700_000, offMs }
  const clock = createTrustedClock({
    wall: () => machine.trueMs + machine.offMs,
    steady: () => machine.steadyMs,
    known,
  })
  /** Time passes, and the clock is asked all along, as pipelines do. */
  function pass(ms: number): void {
    for (let left = ms; left > 0; left -= 30_000) {
      const step = Math.min(left, 30_000)
      machine.trueMs += step
      machine.steadyMs += step
      clock.now()
    }
  }
  const errorMs = () => clock.now() - machine.trueMs
  return { machine, clock, pass, errorMs }
}

test.each([
  ['a day ahead', dayMs],
  ['a year ahead', 365 * dayMs],
  ['a day back', -dayMs],
  ['to 1970', -startMs],
])('a clock that jumps %s for a minute moves nothing, and is told of meanwhile', (_, offMs) => {
  const { machine, clock, pass, errorMs } = aMachine()
  pass(600_000)
  machine.offMs = offMs
  pass(60_000)
  expect(errorMs()).toBe(0)
  expect(clock.aheadMs()).toBe(offMs)
  expect(clock.health()).toContain(`${Math.abs(offMs) / 1_000} s ${offMs > 0 ? 'ahead of' : 'behind'}`)
  machine.offMs = 0
  pass(1_000)
  expect([errorMs(), clock.aheadMs(), clock.health()]).toEqual([0, 0, 'ok'])
})

test('a clock that stays ahead was right: the machine was paused', () => {
  const { machine, clock, pass, errorMs } = aMachine()
  machine.trueMs += 3 * dayMs // the steady clock stood still, too
  pass(aheadBelievedAfterMs - 60_000)
  expect(clock.aheadMs()).toBe(3 * dayMs)
  pass(120_000)
  expect([errorMs(), clock.health()]).toEqual([0, 'ok'])
})

test('a machine that slept has lived through the night: its clock is right at once', () => {
  const { machine, clock, errorMs } = aMachine()
  machine.trueMs += 8 * 3_600_000
  machine.steadyMs += 8 * 3_600_000
  expect([errorMs(), clock.health()]).toEqual([0, 'ok'])
})

test('a clock that was ahead from the first start on is followed back after two minutes', () => {
  const { machine, clock, pass, errorMs } = aMachine({ offMs: dayMs })
  pass(3_600_000)
  expect(errorMs()).toBe(dayMs)
  machine.offMs = 0
  pass(backBelievedAfterMs - 30_000)
  expect(errorMs()).toBe(dayMs)
  pass(60_000)
  expect([errorMs(), clock.health()]).toEqual([0, 'ok'])
})

test('back where it was before, a clock is believed at once', () => {
  const { machine, pass, errorMs } = aMachine()
  machine.offMs = -dayMs
  pass(600_000)
  expect(errorMs()).toBe(-dayMs)
  machine.offMs = 0
  pass(1_000)
  expect(errorMs()).toBe(0)
})

test('a clock that wanders ahead in small steps has jumped, too', () => {
  const { machine, clock, pass, errorMs } = aMachine()
  for (let step = 0; step < 20; step += 1) {
    machine.offMs += believedAheadMs / 2
    pass(1_000)
  }
  expect(errorMs()).toBeLessThanOrEqual(believedAheadMs)
  expect(clock.health()).not.toBe('ok')
})

test('NTP sets a clock by seconds, whichever way, and drift adds up over months: all of it is followed', () => {
  const { machine, clock, pass, errorMs } = aMachine()
  for (let hour = 0; hour < 200; hour += 1) {
    machine.offMs += 20_000
    pass(3_600_000)
    expect(errorMs()).toBe(machine.offMs)
  }
  machine.offMs -= 4_000
  expect(errorMs()).toBe(machine.offMs)
  expect(clock.health()).toBe('ok')
})

test('the clock jumped while no process ran: the machine has run on, so the next process knows', () => {
  const known = { presentMs: startMs - 60_000, steadyMs: 640_000 }
  const { machine, clock, pass, errorMs } = aMachine({ offMs: dayMs, known })
  pass(60_000)
  expect([errorMs(), clock.aheadMs()]).toEqual([0, dayMs])
  machine.offMs = 0
  pass(1_000)
  expect([errorMs(), clock.health()]).toEqual([0, 'ok'])
})

test('a machine that was off for a week has a clock that is right, and so has one that was set right before the start', () => {
  const off = aMachine({ known: { presentMs: startMs - 7 * dayMs, steadyMs: undefined } })
  expect([off.errorMs(), off.clock.health()]).toEqual([0, 'ok'])
  const ahead = aMachine({ known: { presentMs: startMs + dayMs - 60_000, steadyMs: 640_000 } })
  expect([ahead.errorMs(), ahead.clock.health()]).toEqual([0, 'ok'])
})

test('a machine without a battery begins in 1970: the time goes on from what is known, until its clock is set', () => {
  const { machine, clock, pass } = aMachine({
    offMs: -startMs,
    known: { presentMs: startMs - dayMs, steadyMs: undefined },
  })
  expect(clock.now()).toBe(startMs - dayMs)
  expect(clock.health()).toContain('has not been set')
  pass(30_000)
  machine.offMs = 0
  expect([clock.now() - machine.trueMs, clock.health()]).toEqual([0, 'ok'])
  expect(aMachine({ offMs: -startMs }).clock.now()).toBe(earliestMs)
})

test('whatever a clock does for less than two minutes at a time, the present is never off by more than what is believed', () => {
  const jump = fc.record({
    offMs: fc.oneof(fc.integer({ min: -2 * dayMs, max: 400 * dayMs }), fc.constant(-startMs)),
    wrongMs: fc.integer({ min: 1, max: backBelievedAfterMs - 31_000 }),
    rightMs: fc.integer({ min: 1_000, max: 3_600_000 }),
  })
  fc.assert(
    fc.property(fc.array(jump, { minLength: 1, maxLength: 20 }), (jumps) => {
      const { machine, clock, pass, errorMs } = aMachine()
      let lastMs = clock.now()
      for (const { offMs, wrongMs, rightMs } of jumps) {
        machine.offMs = offMs
        pass(wrongMs)
        expect(Math.abs(errorMs())).toBeLessThanOrEqual(believedAheadMs)
        machine.offMs = 0
        pass(rightMs)
        expect(errorMs()).toBe(0)
        expect(clock.now()).toBeGreaterThanOrEqual(lastMs)
        lastMs = clock.now()
      }
    }),
  )
})

test('whatever it did before, an hour after it is right for good it is believed', () => {
  const step = fc.record({ offMs: fc.integer({ min: -startMs, max: 400 * dayMs }), passMs: fc.nat(4 * 3_600_000) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), fc.integer({ min: -2, max: 400 }), (steps, firstDays) => {
      const { machine, clock, pass, errorMs } = aMachine({ offMs: firstDays * dayMs })
      for (const { offMs, passMs } of steps) {
        machine.offMs = offMs
        pass(passMs)
      }
      machine.offMs = 0
      pass(aheadBelievedAfterMs + 60_000)
      expect([errorMs(), clock.health()]).toEqual([0, 'ok'])
    }),
    { numRuns: 50 },
  )
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Change } from '#contracts/changes.ts'
import { aBacklog, aChange, idsOf, now } from './backlog-for-tests.ts'

describe('what presses', () => {
  test('an ended call at once, running figures after their delay, counted from the log time of the first announcement', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 1_000, [aChange('running'), now('ended')])
    backlog.add(0, 1, 15_000, [aChange('running')])
    expect(idsOf(backlog.take(1_000, 10))).toEqual(['ended'])
    expect(idsOf(backlog.take(15_499, 10))).toEqual([])
    expect(idsOf(backlog.take(16_000, 10))).toEqual(['running'])
  })

  test('what is overdue when it is read runs at once, the pressing before it', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 2_000, [aChange('later')])
    backlog.add(1, 0, 1_000, [aChange('first')])
    backlog.add(2, 0, 90_000, [now('ended')])
    const [pressing, one] = idsOf(backlog.take(100_000, 2))
    expect(pressing).toBe('ended')
    expect([one, ...idsOf(backlog.take(101_000, 2))].sort()).toEqual(['first', 'later'])
  })

  test('a sample worse than the class that stands is shown soon, one that is no news waits', () => {
    const soonMs = 5_000
    for (const [standing, worst, soon] of [
      [undefined, 2, true],
      [0, 1, true],
      [1, 2, true],
      [1, 1, false],
      [2, 2, false],
    ] as const) {
      const backlog = aBacklog(standing)
      backlog.add(0, 0, 0, [aChange('c', { worst })])
      expect([standing, worst, backlog.take(soonMs, 10).length === 1]).toEqual([standing, worst, soon])
    }
  })

  test('a bad second here and there waits, until there are two of them', () => {
    const blip = aChange('c', { worst: 1, badMs: 1_000 })
    const backlog = aBacklog(0)
    backlog.add(0, 0, 0, [blip])
    expect(backlog.take(5_000, 10)).toEqual([])
    backlog.add(0, 1, 5_000, [blip])
    expect(idsOf(backlog.take(5_000, 10))).toEqual(['c'])
    backlog.add(0, 2, 6_000, [aChange('d', { worst: 1, badMs: 5_000 })])
    expect(idsOf(backlog.take(8_000, 10))).toEqual(['d'])
  })

  test('a call is looked at once it may be worse: soon while it is young, and after five bad seconds however long it lasts', () => {
    for (const [worseAfterMs, badMs, soon] of [
      [1_000, 1_000, true],
      [4_000, 3_000, false],
      [4_000, 4_000, true],
      [10_000, 5_000, true],
    ] as const) {
      const backlog = aBacklog(0, worseAfterMs)
      backlog.add(0, 0, 0, [aChange('c', { worst: 1, badMs })])
      expect([worseAfterMs, badMs, backlog.take(5_000, 10).length === 1]).toEqual([worseAfterMs, badMs, soon])
    }
  })

  test('what was read late waits until no more of it comes, however bad it is, and two minutes at most', () => {
    const late = (id: string) => aChange(id, { urgency: 'now', late: true, worst: 2 })
    const backlog = aBacklog(0)
    backlog.add(0, 0, 0, [late('c')])
    for (let atMs = 1_000; atMs <= 119_000; atMs += 1_000) {
      backlog.add(0, atMs / 1_000, atMs, [late(`other ${atMs}`), late('c')])
      expect(idsOf(backlog.take(atMs, 10))).toEqual([])
    }
    expect(idsOf(backlog.take(120_000, 10))).toEqual(['c'])
    expect(backlog.take(121_001, 1_000)).toHaveLength(119)
  })

  test('where what is read late comes with pauses, a pause is not taken for the end of it', () => {
    const late = (id: string) => aChange(id, { late: true })
    const backlog = aBacklog()
    for (const atMs of [0, 3_000, 8_000]) backlog.add(0, atMs, atMs, [late(`at ${atMs}`)])
    expect(idsOf(backlog.take(17_999, 10))).toEqual([])
    expect(backlog.take(18_000, 10)).toHaveLength(3)
    // Of a flood of another day, nothing is known.
    for (const atMs of [400_000, 400_500]) backlog.add(0, atMs, atMs, [late(`at ${atMs}`)])
    expect(backlog.take(402_500, 10)).toHaveLength(2)
  })

  test('a record that changes by itself does so behind the flood, which may hold what it misses', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, [aChange('c', { late: true })])
    backlog.addDue(now('d'), 1_000)
    expect(idsOf(backlog.take(1_000, 10))).toEqual([])
    expect(idsOf(backlog.take(2_000, 10)).sort()).toEqual(['c', 'd'])
  })

  test('what was read late and has news since is news', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, [aChange('c', { late: true }), aChange('e', { late: true })])
    backlog.add(0, 1, 1_000, [aChange('c'), now('e'), aChange('other', { late: true })])
    expect(idsOf(backlog.take(1_000, 10))).toEqual(['e'])
    expect(idsOf(backlog.take(3_000, 10))).toEqual(['other'])
    expect(idsOf(backlog.take(15_000, 10))).toEqual(['c'])
  })

  test('announcements of one call are one: all minutes, the worst, the most pressing', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, [aChange('c', { minutes: [1, 2] })])
    backlog.add(0, 1, 0, [aChange('c', { minutes: [2, 3], worst: 1, cumulative: true })])
    backlog.add(0, 2, 0, [aChange('c', { urgency: 'now', rescore: true })])
    backlog.add(0, 3, 0, [aChange('c', { urgency: 'now' }), { ...now('c'), tenant: 'globex' }])
    const [own, other, ...none] = backlog.take(0, 10)
    expect(own?.change).toEqual(
      aChange('c', { minutes: [1, 2, 3], worst: 1, cumulative: true, rescore: true, urgency: 'now' }),
    )
    expect(other?.change.tenant).toBe('globex')
    expect(none).toEqual([])
  })
})

describe('offsets', () => {
  test('nothing is committed past a call that is not done, of whatever message', () => {
    const backlog = aBacklog()
    backlog.add(7, 0, 0, [now('a'), now('b')])
    backlog.add(7, 1, 0, [now('c')])
    backlog.add(8, 4, 0, [])
    expect(backlog.committable()).toEqual(
      new Map([
        [7, 0],
        [8, 5],
      ]),
    )
    const [a, b, c] = backlog.take(0, 10)
    backlog.done([c, a].flatMap((item) => item ?? []))
    expect(backlog.committable().get(7)).toBe(0)
    backlog.done(b === undefined ? [] : [b])
    expect(backlog.committable().get(7)).toBe(2)
    expect(backlog.size).toBe(0)
  })

  test('a call announced again while it is computed holds back only its later message', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, [now('a')])
    const taken = backlog.take(0, 10)
    backlog.add(0, 1, 5, [now('a')])
    backlog.done(taken)
    expect(backlog.committable().get(0)).toBe(1)
    expect(backlog.size).toBe(1)
  })

  test('what is given back waits again, older than what came meanwhile', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 1, [now('a')])
    const taken = backlog.take(1, 10)
    backlog.add(0, 1, 9, [now('a')])
    backlog.giveBack(taken)
    const again = backlog.take(9, 10)
    expect(again).toMatchObject([{ sinceMs: 1 }])
    expect(backlog.committable().get(0)).toBe(0)
    backlog.done(again)
    expect(backlog.committable().get(0)).toBe(2)
  })

  test('one call named twice in one message counts once it is done', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, [now('a'), now('a')])
    backlog.done(backlog.take(0, 10))
    expect(backlog.committable().get(0)).toBe(1)
  })

  test('a record that is due by itself holds back no offset, and a partition that is lost is forgotten', () => {
    const backlog = aBacklog()
    backlog.addDue(now('due'), 3)
    expect(backlog.size).toBe(1)
    expect(backlog.committable().size).toBe(0)
    backlog.add(5, 10, 0, [now('mine')])
    backlog.forget(5)
    expect(backlog.committable().size).toBe(0)
    // What is left of it is computed, which costs a recompute, and commits nothing.
    backlog.done(backlog.take(10, 10))
    expect(backlog.committable().size).toBe(0)
    expect(backlog.oldestMs()).toBeUndefined()
  })
})

describe('the bytes that it holds', () => {
  test('grow with calls, their minutes and their announcements, and are nothing once all is done', () => {
    const backlog = aBacklog()
    const grown = (offset: number, ...changes: readonly Change[]) => {
      const before = backlog.bytes
      backlog.add(0, offset, 0, changes)
      return backlog.bytes - before
    }
    const call = grown(0, now('a'))
    expect(call).toBeGreaterThan(400)
    const again = grown(1, now('a'))
    expect(again).toBeLessThan(call)
    expect(again).toBeGreaterThan(100)
    expect(grown(2, { ...now('a'), minutes: Array.from({ length: 10_000 }, (_, minute) => minute) })).toBeGreaterThan(
      80_000,
    )
    const whole = backlog.bytes
    // What is at work is held as well as what waits, and what is given back is held once.
    const taken = backlog.take(1, 10)
    expect(backlog.bytes).toBe(whole)
    backlog.giveBack(taken)
    expect(backlog.bytes).toBe(whole)
    backlog.done(backlog.take(1, 10))
    expect(backlog.bytes).toBe(0)
  })

  test('close whatever is announced, taken, given back and done in whichever order', () => {
    const step = fc.record({ id: fc.constantFrom('a', 'b', 'c'), what: fc.constantFrom('add', 'take', 'back', 'done') })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const backlog = aBacklog()
        let hands: ReturnType<typeof backlog.take>[] = []
        for (const [offset, { id, what }] of steps.entries()) {
          if (what === 'add') backlog.add(0, offset, 0, [now(id), aChange(`${id}2`, { minutes: [offset] })])
          else if (what === 'take') hands.push(backlog.take(1e9, 2))
          else for (const hand of hands.splice(0, 1)) backlog[what === 'back' ? 'giveBack' : 'done'](hand)
        }
        for (const hand of hands) backlog.done(hand)
        hands = []
        while (backlog.size > 0) backlog.done(backlog.take(1e9, 100))
        expect(backlog.bytes).toBe(0)
      }),
    )
  })
})

describe('the log’s time steps back from a time that was never now', () => {
  const dayMs = 86_400_000

  test('what was announced then waits no longer than what is announced now', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, dayMs, [aChange('running'), aChange('late', { late: true })])
    expect(backlog.take(1_000, 10)).toEqual([])
    backlog.stepBack(1_000)
    expect(backlog.take(1_100, 10)).toEqual([])
    expect(idsOf(backlog.take(16_000, 10)).sort()).toEqual(['late', 'running'])
  })

  test('what was at work then, and is given back, does not wait for that time either', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, dayMs, [aChange('running')])
    const taken = backlog.take(dayMs + 15_000, 10)
    expect(idsOf(taken)).toEqual(['running'])
    backlog.stepBack(1_000)
    backlog.giveBack(taken)
    expect(idsOf(backlog.take(16_000, 10))).toEqual(['running'])
    expect(backlog.bytes).toBeGreaterThan(0)
  })
})

import { describe, expect, test } from 'vitest'
import { createBacklog } from './backlog.ts'
import { aBacklog, aChange, idsOf, now } from './backlog-for-tests.ts'

describe('two who take', () => {
  test('nobody takes a call that is at work; what is announced of it meanwhile comes after', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, [now('a')])
    const first = backlog.take(0, 10)
    backlog.add(0, 1, 1, [now('a'), aChange('a', { minutes: [7] })])
    backlog.addDue(now('a'), 1)
    expect([backlog.take(2, 10), backlog.takeRipe(100_000, 10)]).toEqual([[], []])
    backlog.done(first)
    expect(backlog.committable().get(0)).toBe(1)
    const second = backlog.take(100_001, 10)
    expect(second.map(({ change }) => [change.id, change.minutes])).toEqual([['a', [7]]])
    backlog.done(second)
    expect([backlog.committable().get(0), backlog.size]).toEqual([2, 0])
  })

  test('what presses does not wait for running figures of the same call that are at work; other figures do', () => {
    const backlog = aBacklog(0)
    backlog.add(0, 0, 0, [aChange('a'), aChange('b'), aChange('c')])
    const running = backlog.takeRipe(20_000, 10)
    backlog.add(0, 1, 20_000, [now('a'), aChange('b', { worst: 2 }), aChange('c')])
    const pressing = backlog.take(40_000, 10)
    expect(idsOf(pressing).sort()).toEqual(['a', 'b'])
    backlog.add(0, 2, 40_000, [now('a')])
    expect([backlog.take(40_000, 10), backlog.takeRipe(80_000, 10), backlog.size]).toEqual([[], [], 7])
    backlog.done(running)
    expect([backlog.committable().get(0), idsOf(backlog.takeRipe(80_000, 10))]).toEqual([1, ['c']])
    backlog.done(pressing)
    expect(idsOf(backlog.take(80_000, 10))).toEqual(['a'])
  })

  test('running figures announced while their call is at work ripen once it is done', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, [now('a')])
    const first = backlog.take(0, 10)
    backlog.add(0, 1, 0, [aChange('a')])
    expect(backlog.takeRipe(20_000, 10)).toEqual([])
    backlog.done(first)
    expect(idsOf(backlog.takeRipe(20_000, 10))).toEqual(['a'])
  })

  test('one takes what presses, the other what is ripe, and of a flood that presses what the first leaves', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, [aChange('r'), now('a'), now('b'), now('c'), now('d')])
    expect(idsOf(backlog.take(16_000, 2))).toEqual(['a', 'b'])
    expect(idsOf(backlog.takeRipe(20_000, 2))).toEqual(['r'])
    backlog.add(0, 1, 0, [now('e'), now('f')])
    expect(idsOf(backlog.takeRipe(20_000, 2))).toEqual(['e', 'f'])
    expect(idsOf(backlog.take(20_000, 10))).toEqual(['c', 'd'])
  })

  test('of very much that presses the other takes a share before any running figures', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, [aChange('r'), ...['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(now)])
    expect(idsOf(backlog.take(16_000, 2))).toEqual(['a', 'b'])
    expect(idsOf(backlog.takeRipe(16_001, 10))).toEqual(['e', 'f', 'g'])
    expect(idsOf(backlog.takeRipe(16_002, 10))).toEqual(['r'])
  })

  test('where one is stuck, the other takes what presses and what goes for the worse', () => {
    const backlog = aBacklog(0)
    backlog.add(0, 0, 0, [now('stuck')])
    backlog.take(0, 10)
    backlog.add(0, 1, 1_000, [now('end'), aChange('r')])
    backlog.add(0, 2, 3_000, [aChange('w', { worst: 2 })])
    expect(idsOf(backlog.takeRipe(4_000, 10))).toEqual([])
    expect(idsOf(backlog.takeRipe(6_000, 10))).toEqual(['end'])
    expect(idsOf(backlog.takeRipe(6_000, 10))).toEqual(['w'])
    expect(idsOf(backlog.takeRipe(18_000, 10))).toEqual(['r'])
  })

  test('however much presses, a part of each batch is for changes for the worse', () => {
    const backlog = aBacklog(0)
    backlog.add(0, 0, 0, [aChange('w', { worst: 2 }), ...['a', 'b', 'c', 'd', 'e'].map(now)])
    expect(idsOf(backlog.take(5_000, 4))).toEqual(['a', 'b', 'c', 'w'])
  })

  test('while only what others must take is due, nothing is looked through again and again', () => {
    let looks = 0
    const standing = () => {
      looks += 1
      return { rank: 0, worseAfterMs: 0 } as const
    }
    const backlog = createBacklog({ runningDelayMs: 15_000, standing })
    backlog.take(4_000, 10)
    backlog.add(0, 0, 0, [aChange('w', { worst: 2 }), aChange('r')])
    looks = 0
    for (let turn = 0; turn < 10; turn++) expect(backlog.takeRipe(5_000, 10)).toEqual([])
    expect(looks).toBe(0)
  })

  test('changes for the worse are left to small batches', () => {
    const backlog = aBacklog(0)
    backlog.add(0, 0, 0, [aChange('r'), ...['a', 'b', 'c'].map((id) => aChange(id, { worst: 2 }))])
    backlog.take(3_000, 0)
    backlog.add(
      0,
      1,
      2_000,
      ['d', 'e'].map((id) => aChange(id, { worst: 2 })),
    )
    expect(idsOf(backlog.takeRipe(4_000, 10))).toEqual([])
    expect(idsOf(backlog.take(16_000, 2))).toEqual(['a', 'b'])
    expect(idsOf(backlog.takeRipe(16_000, 10))).toEqual(['r'])
    expect(idsOf(backlog.take(16_000, 10))).toEqual(['c', 'd', 'e'])
  })

  test('what is given back is taken again, with what came since', () => {
    const backlog = aBacklog()
    backlog.add(0, 0, 0, [now('a')])
    const first = backlog.take(0, 10)
    backlog.add(0, 1, 1, [aChange('a', { minutes: [7] })])
    backlog.giveBack(first)
    expect(backlog.take(2, 10).map(({ change }) => [change.urgency, change.minutes])).toEqual([['now', [7]]])
    expect(backlog.committable().get(0)).toBe(0)
  })

  test('the age of what waits counts what presses and what is at work', () => {
    const backlog = aBacklog()
    expect(backlog.oldestMs()).toBeUndefined()
    backlog.add(0, 0, 5, [now('a')])
    expect(backlog.oldestMs()).toBe(5)
    const taken = backlog.take(6, 10)
    backlog.add(0, 1, 8, [now('b')])
    expect(backlog.oldestMs()).toBe(5)
    backlog.done(taken)
    expect(backlog.oldestMs()).toBe(8)
  })
})

import { expect, test } from 'vitest'
import type { Change } from '#contracts/changes.ts'
import { createSecondChances } from './second-chances.ts'

const aChange = (minute: number): Change => ({
  ...{ tenant: 'acme', id: 'slow', minutes: [minute], rescore: false, cumulative: false, urgency: 'now', worst: 0 },
})
const minutesOf = (changes: readonly Change[]) => changes.map(({ minutes }) => minutes)

test('a call that was given up comes again by itself, ever later, and not for ever', () => {
  const chances = createSecondChances([10, 100])
  chances.note(aChange(1), 0)
  expect(minutesOf(chances.due(9))).toEqual([])
  expect(minutesOf(chances.due(10))).toEqual([[1]])
  chances.announced(chances.due(10))
  expect(chances.due(1_000)).toEqual([])
  chances.note(aChange(1), 20)
  expect(minutesOf(chances.due(119))).toEqual([])
  chances.announced(chances.due(120))
  chances.note(aChange(1), 200)
  expect(chances.due(1_000_000)).toEqual([])
})

test('what is given up while a call waits comes with it', () => {
  const chances = createSecondChances([10])
  chances.note(aChange(1), 0)
  chances.note(aChange(2), 5)
  expect(minutesOf(chances.due(10))).toEqual([[1, 2]])
})

test('a call that went well has all its chances again; minutes that were given up before still come', () => {
  const chances = createSecondChances([10])
  chances.note(aChange(1), 0)
  chances.forget([aChange(3)])
  expect(minutesOf(chances.due(10))).toEqual([[1]])
  chances.announced(chances.due(10))
  chances.forget([aChange(1)])
  chances.note(aChange(4), 20)
  expect(minutesOf(chances.due(30))).toEqual([[4]])
})

import { expect, test } from 'vitest'
import { createOffsetAccount } from './offset-account.ts'

test('an offset is committable when nothing before it waits', () => {
  const account = createOffsetAccount()
  const first = account.open(0, 7, 2)
  const second = account.open(0, 8, 1)
  account.open(0, 9, 0)
  expect(account.committable().get(0)).toBe(7)
  account.settle(second)
  account.settle(first)
  expect(account.committable().get(0)).toBe(7)
  account.settle(first)
  expect(account.committable().get(0)).toBe(10)
})

test('calls that waited for the first reading of an announcement settle nothing of the second', () => {
  const account = createOffsetAccount()
  const before = account.open(0, 0, 3)
  account.settle(before)
  const again = account.open(0, 0, 3)
  account.settle(before)
  account.settle(before)
  account.settle(again)
  account.settle(again)
  expect(account.committable().get(0)).toBe(0)
  account.settle(again)
  expect(account.committable().get(0)).toBe(1)
})

test('a partition that is no longer ours is forgotten, and what comes of it later is nobody’s', () => {
  const account = createOffsetAccount()
  const lost = account.open(3, 0, 1)
  account.forget(3)
  account.settle(lost)
  expect([...account.committable()]).toEqual([])
})

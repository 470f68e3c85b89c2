import { expect, test } from 'vitest'
import { createByTenant } from './by-tenant.ts'

test('one id of two tenants is two calls', () => {
  const calls = createByTenant<number>()
  calls.set('a', 'x', 1)
  calls.set('b', 'x', 2)
  expect([calls.get('a', 'x'), calls.get('b', 'x'), calls.get('c', 'x'), calls.size]).toEqual([1, 2, undefined, 2])
  calls.set('a', 'x', 3)
  calls.delete('b', 'x')
  calls.delete('b', 'x')
  expect([[...calls.values()], calls.size]).toEqual([[3], 1])
})

test('what is too much is taken from the tenant that has most, the longest known first', () => {
  const calls = createByTenant<string>()
  for (const id of ['1', '2', '3', '4']) calls.set('large', id, `large ${id}`)
  calls.set('small', '1', 'small 1')
  calls.shrinkTo(3)
  expect([...calls.values()]).toEqual(['large 3', 'large 4', 'small 1'])
  calls.shrinkTo(0)
  expect([[...calls.values()], calls.size]).toEqual([[], 0])
})

import { expect, test } from 'vitest'
import { LastingError } from './errors.ts'
import { overHalves } from './halving.ts'

const doubled = (fault: Error) => async (numbers: readonly number[]) => {
  if (numbers.includes(5)) throw fault
  return numbers.map((number) => 2 * number)
}
const numbers = Array.from({ length: 9 }, (_, at) => at)

test('what one makes impossible for all is done for all others', async () => {
  for (const fault of [new LastingError('no'), new TypeError('x is not a function')])
    expect(await overHalves(numbers, doubled(fault))).toEqual([0, 2, 4, 6, 8, 12, 14, 16])
})

test('what may pass with time is thrown on, and nothing is asked of nothing', async () => {
  await expect(overHalves(numbers, doubled(new Error('away')))).rejects.toThrow('away')
  expect(await overHalves([], doubled(new Error('away')))).toEqual([])
})

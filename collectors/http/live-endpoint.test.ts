import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { endWithKey } from './live-endpoint.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a live list ends within seconds of the key that opened it, and not because the registry is away', async () => {
  const stream = new PassThrough()
  let holds = async () => true
  let asked = 0
  endWithKey(stream, {
    id: 'key_1',
    holds: () => {
      asked += 1
      return holds()
    },
  })
  await vi.advanceTimersByTimeAsync(30_000)
  expect(stream.destroyed).toBe(false)
  holds = () => Promise.reject(new Error('away'))
  await vi.advanceTimersByTimeAsync(10_000)
  expect(stream.destroyed).toBe(false)
  holds = async () => false
  await vi.advanceTimersByTimeAsync(5_000)
  expect(stream.destroyed).toBe(true)
  await vi.advanceTimersByTimeAsync(0)
  const askedBefore = asked
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked).toBe(askedBefore)
})

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createKeyUses } from './key-uses.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Last uses over a registry that can be away. */
function someUses() {
  const written: [string, number][][] = []
  let away = false
  const uses = createKeyUses({
    keyEnds: {
      async noteUses(of) {
        if (away) throw new Error('away')
        written.push([...of])
      },
    },
    clock: () => Date.now(),
    logger: { warn() {} },
  })
  return {
    uses,
    written,
    setAway: (to: boolean) => {
      away = to
    },
  }
}

test('a thousand uses of two keys are one write a minute', async () => {
  const { uses, written } = someUses()
  for (let n = 0; n < 1_000; n++) uses.used(n % 2 === 0 ? 'a' : 'b')
  expect(written).toEqual([])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(written.map((of) => of.map(([id]) => id).sort())).toEqual([['a', 'b']])
  await vi.advanceTimersByTimeAsync(120_000)
  expect(written).toHaveLength(1)
  await uses.close()
})

test('a stop does not wait for a registry that does not answer', async () => {
  const uses = createKeyUses({
    keyEnds: { noteUses: () => new Promise(() => undefined) },
    clock: () => Date.now(),
    logger: { warn() {} },
  })
  uses.used('a')
  const closed = uses.close()
  await vi.advanceTimersByTimeAsync(3_000)
  await closed
  expect(vi.getTimerCount()).toBe(0)
})

test('what cannot be written waits for the next minute, and the end writes what is left', async () => {
  const { uses, written, setAway } = someUses()
  setAway(true)
  uses.used('a')
  await vi.advanceTimersByTimeAsync(60_000)
  setAway(false)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(written.map((of) => of.map(([id]) => id))).toEqual([['a']])
  uses.used('b')
  await uses.close()
  expect(written.at(-1)?.map(([id]) => id)).toEqual(['b'])
})

import { expect, test, vi } from 'vitest'
import { createSharedAnswers, defaultSharedLimits } from './shared-answers.ts'

/** A clock of its own, and work that says how often it was done. */
function aDesk(limits = {}) {
  let nowMs = 1_000
  let done = 0
  const answers = createSharedAnswers(() => nowMs, { ...defaultSharedLimits, ...limits })
  return {
    answers,
    work: vi.fn(async () => ++done),
    later: (ms: number) => {
      nowMs += ms
    },
  }
}

test('who asks the same within moments is given the same answer, and others their own', async () => {
  const { answers, work, later } = aDesk()
  const both = [answers.shared(['now', 'acme'], work), answers.shared(['now', 'acme'], work)]
  expect(await Promise.all(both)).toEqual([1, 1])
  expect(await answers.shared(['now', 'globex'], work)).toBe(2)
  expect(await answers.shared(['now', null], work)).toBe(3)
  later(2_999)
  expect(await answers.shared(['now', 'acme'], work)).toBe(1)
  later(1)
  expect(await answers.shared(['now', 'acme'], work)).toBe(4)
})

test('a clock that was set back keeps no answer', async () => {
  const { answers, work, later } = aDesk()
  await answers.shared(['now'], work)
  later(-1)
  expect(await answers.shared(['now'], work)).toBe(2)
})

test('a failure is given to nobody who asks after it', async () => {
  const { answers, work } = aDesk()
  work.mockRejectedValueOnce(new Error('away'))
  await expect(answers.shared(['now'], work)).rejects.toThrow('away')
  expect(await answers.shared(['now'], work)).toBe(1)
})

test('only so many answers are kept: the oldest goes', async () => {
  const { answers, work } = aDesk({ maxKept: 2 })
  for (const key of ['a', 'b', 'c', 'c', 'b', 'a']) await answers.shared([key], work)
  expect(work).toHaveBeenCalledTimes(4)
})

test('the line has an end, and who is sent away may come again', async () => {
  const { answers, work } = aDesk({ maxWaiting: 2 })
  const { promise, resolve } = Promise.withResolvers<number>()
  const waiting = [answers.shared(['a'], () => promise), answers.inLine(() => promise)]
  const joining = answers.shared(['a'], work)
  await expect(answers.inLine(work)).rejects.toMatchObject({ status: 503, retryAfterSeconds: 2 })
  await expect(answers.shared(['b'], work)).rejects.toMatchObject({ status: 503 })
  resolve(7)
  expect(await Promise.all([...waiting, joining])).toEqual([7, 7, 7])
  expect(await answers.shared(['b'], work)).toBe(1)
})

import { expect, test } from 'vitest'
import { z } from 'zod'
import type { AuditMarks } from '#contracts/audit.ts'
import { createRound } from './round.ts'

function aHall() {
  const marks = new Map<string, string>()
  const stored: AuditMarks = { read: async () => marks, write: async (sweep, mark) => void marks.set(sweep, mark) }
  const looked: number[] = []
  const swept: number[] = []
  let nowMs = 0
  const open = () =>
    createRound({
      name: 'numbers',
      ...{ mark: z.number(), marks: stored, logNow: () => nowMs, swept: (_sweep, seconds) => swept.push(seconds) },
      async step(mark = 0) {
        return {
          async look() {
            looked.push(mark)
            return []
          },
          next: mark < 2 ? mark + 1 : undefined,
        }
      },
    })
  const step = async (sweep = open()) => {
    nowMs += 1_000
    await (await sweep.next())?.()
    await sweep.done()
  }
  return { marks, looked, swept, open, step }
}

test('a sweep goes on where the last process left it, and begins anew at the end', async () => {
  const { looked, swept, step } = aHall()
  for (let steps = 0; steps < 4; steps++) await step()
  expect(looked).toEqual([0, 1, 2, 0])
  expect(swept).toEqual([2])
})

test('a look that was not taken to its end is taken again', async () => {
  const { looked, open, step } = aHall()
  await step()
  await (await open().next())?.()
  await step()
  expect(looked).toEqual([0, 1, 1])
})

test('what nobody can read begins a new round', async () => {
  const { marks, looked, step } = aHall()
  marks.set('numbers', 'no JSON')
  await step()
  marks.set('numbers', '{"beganMs":1,"mark":"seven"}')
  await step()
  expect(looked).toEqual([0, 0])
})

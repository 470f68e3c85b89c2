import { expect, test } from 'vitest'
import type { Announcement, Change } from '#contracts/changes.ts'
import { createSecondChances } from './second-chances.ts'

const aChange = (minute: number): Change => ({
  ...{ tenant: 'acme', id: 'slow', minutes: [minute], rescore: false, cumulative: false, urgency: 'now', worst: 0 },
})

/** Chances, and the minutes of what is announced at a moment. */
function aDesk(delaysMs: readonly number[]) {
  const chances = createSecondChances(delaysMs)
  async function announcedAt(nowMs: number): Promise<readonly (readonly number[])[]> {
    const minutes: (readonly number[])[] = []
    await chances.announce(
      {
        async append(records) {
          for (const { value } of records)
            for (const change of (JSON.parse(String(value)) as Announcement).changes) minutes.push(change.minutes)
        },
      },
      nowMs,
    )
    return minutes
  }
  return { chances, announcedAt }
}

test('a call that was given up comes again by itself, ever later, and not for ever', async () => {
  const { chances, announcedAt } = aDesk([10, 100])
  chances.note(aChange(1), 0)
  expect(await announcedAt(9)).toEqual([])
  expect(await announcedAt(10)).toEqual([[1]])
  expect(await announcedAt(1_000)).toEqual([])
  chances.note(aChange(1), 20)
  expect(await announcedAt(119)).toEqual([])
  expect(await announcedAt(120)).toEqual([[1]])
  chances.note(aChange(1), 200)
  expect(await announcedAt(1_000_000)).toEqual([])
})

test('what is given up while a call waits comes with it', async () => {
  const { chances, announcedAt } = aDesk([10])
  chances.note(aChange(1), 0)
  chances.note(aChange(2), 5)
  expect(await announcedAt(10)).toEqual([[1, 2]])
})

test('a call that went well has all its chances again; minutes that were given up before still come', async () => {
  const { chances, announcedAt } = aDesk([10])
  chances.note(aChange(1), 0)
  chances.forget([aChange(3)])
  expect(await announcedAt(10)).toEqual([[1]])
  chances.forget([aChange(1)])
  chances.note(aChange(4), 20)
  expect(await announcedAt(30)).toEqual([[4]])
})

test('what the log does not take is announced later', async () => {
  const { chances, announcedAt } = aDesk([10])
  chances.note(aChange(1), 0)
  await expect(chances.announce({ append: () => Promise.reject(new Error('away')) }, 10)).rejects.toThrow('away')
  expect(await announcedAt(11)).toEqual([[1]])
})

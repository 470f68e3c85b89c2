import { expect, test } from 'vitest'
import { createLogTime } from './log-time.ts'
import { aRecord, limits, minute, records, t0, useLogFolder } from './test-log.ts'

const place = useLogFolder()
const dayMs = 24 * 60 * minute
const timesOf = async (log: ReturnType<typeof place.open>) =>
  (await log.read({ ...t0, offset: 0 }, 100)).map(({ logTimeMs }) => logTimeMs)

test('a clock that is set back by minutes does not take the log’s time along', async () => {
  const log = place.open()
  await log.append([aRecord()])
  place.now -= 4 * minute
  await log.append([aRecord()])
  const [first, second] = await timesOf(log)
  expect(second).toBe(first)
})

test.each([
  ['a day', dayMs],
  ['a year', 365 * dayMs],
])(
  'a clock that was %s ahead is right again: the log goes on from the present, and what was stamped ahead has come by then',
  async (_, aheadMs) => {
    const log = place.open()
    const rightMs = place.now
    await log.append([aRecord()])
    place.now = rightMs + aheadMs
    await log.append(records(3))
    const member = await log.join({ group: 'g', topics: ['t'] })
    place.now = rightMs + minute
    await log.append([aRecord()])
    const { records: read, logNowMs } = await member.poll(limits)
    const times = [rightMs, ...Array(4).fill(rightMs + minute)]
    expect(read.map(({ logTimeMs }) => logTimeMs)).toEqual(times)
    expect(logNowMs).toBe(rightMs + minute)
    expect(await timesOf(log)).toEqual(times)
  },
)

test('so does a log that is opened after its last process, killed or not, had a clock that was ahead', async () => {
  const rightMs = place.now
  const log = place.open()
  await log.append([aRecord()])
  place.now = rightMs + dayMs
  await log.append([aRecord()])
  await log.close()
  place.now = rightMs + minute
  const opened = place.open()
  expect(await timesOf(opened)).toEqual([rightMs, rightMs + minute])
  const member = await opened.join({ group: 'g', topics: ['t'] })
  expect((await member.poll(limits)).logNowMs).toBe(rightMs + minute)
})

test('a clock that jumps a year ahead deletes nothing; a day of use later, what is old goes', async () => {
  const log = place.open()
  await log.append(records(3))
  place.now += 365 * dayMs
  expect(await log.trim()).toEqual({ deleted: 0 })
  expect(log.mayDelete()).toBe(false)
  for (let passed = 0; passed < dayMs; passed += minute) {
    place.now += minute
    log.mayDelete()
  }
  expect(await log.trim()).toEqual({ deleted: 3 })
})

test('what is waited for is waited for over restarts, and a shorter pause in between does not lengthen it', async () => {
  const first = place.open()
  await first.append([aRecord()])
  place.now += 365 * dayMs
  await first.trim()
  await first.close()
  const log = place.open()
  expect(log.mayDelete()).toBe(false)
  for (let passed = 0; passed < dayMs; passed += minute) {
    if (passed === 60 * minute) place.now += 3 * dayMs
    place.now += minute
    log.mayDelete()
  }
  expect(log.mayDelete()).toBe(true)
})

test('a log that was out of use for a night deletes what is old at once', () => {
  let nowMs = 1_700_000_000_000
  const logTime = createLogTime(() => nowMs, { logTimeMs: nowMs })
  nowMs += 10 * 60 * minute
  expect(logTime.mayDelete()).toBe(true)
})

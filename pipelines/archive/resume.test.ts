import { expect, test } from 'vitest'
import type { Cut } from '#contracts/archive.ts'
import type { EventLog } from '#contracts/event-log.ts'
import { resumeAt } from './resume.ts'

const place = { topic: 'call-events', partition: 1 }
const lastLogMs = 7_000
const cut: Cut = { ...place, epoch: 2, fromOffset: 50, toOffset: 100, lastLogMs }

/** A log that holds [start, end), all of it taken at one time. */
const aLog = (start: number, end: number, logTimeMs: number): Pick<EventLog, 'extent' | 'read'> => ({
  extent: async () => [
    { ...place, partition: 0, start: 1, end: 2 },
    { ...place, start, end },
  ],
  read: async ({ offset }) =>
    offset < start || offset >= end ? [] : [{ ...place, offset, logTimeMs, key: null, headers: {}, value: '' }],
})

test.each([
  [
    'with all that the log holds, where nothing is archived',
    undefined,
    aLog(30, 200, 1),
    { epoch: 0, fromOffset: 30, lost: 0 },
  ],
  ['after the last cut', cut, aLog(30, 200, lastLogMs), { epoch: 2, fromOffset: 100, lost: 0 }],
  [
    'after the last cut, though the log has forgotten it',
    cut,
    aLog(100, 200, 1),
    { epoch: 2, fromOffset: 100, lost: 0 },
  ],
  [
    'where the log begins, and counts what it forgot too soon',
    cut,
    aLog(130, 200, 1),
    { epoch: 2, fromOffset: 130, lost: 30 },
  ],
  [
    'anew, when the log is shorter than what was archived of it',
    cut,
    aLog(0, 40, lastLogMs),
    { epoch: 3, fromOffset: 0, lost: 0 },
  ],
  ['anew, when another message is at that place', cut, aLog(0, 500, 9_000), { epoch: 3, fromOffset: 0, lost: 0 }],
])('archiving goes on %s', async (_where, known, log, start) => {
  expect(await resumeAt(place, { log, index: { last: async () => known } })).toEqual({ ...place, ...start })
})

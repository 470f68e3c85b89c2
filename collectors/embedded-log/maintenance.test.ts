import { describe, expect, test } from 'vitest'
import type { EmbeddedLog } from './embedded-log.ts'
import { aRecord, commitAt, limits, minute, poll, records, t0, useLogFolder } from './test-log.ts'

const place = useLogFolder()

describe('retention', () => {
  test('deletes what is older than its topic keeps, and the end stays, even over a restart', async () => {
    const log = place.open()
    await log.append(records(5_000))
    place.now += 61 * minute
    expect(await log.trim()).toEqual({ deleted: 5_000 })
    expect(await log.extent('t')).toEqual([{ ...t0, start: 5_000, end: 5_000 }])
    await log.close()

    const after = place.open()
    await after.append([aRecord()])
    expect(await after.extent('t')).toEqual([{ ...t0, start: 5_000, end: 5_001 }])
  })

  test('keeps what is young', async () => {
    const log = place.open()
    await log.append(records(2))
    place.now += 30 * minute
    await log.append(records(2))
    place.now += 31 * minute
    expect(await log.trim()).toEqual({ deleted: 2 })
    expect((await poll(log, 'g')).records.map(({ offset }) => offset)).toEqual([2, 3])
  })

  test('never passes what a group has yet to read, nor what it may be rewound to', async () => {
    const log = place.open()
    await log.append(records(10))
    place.now += 61 * minute
    await commitAt(log, 'slow', 4)
    // Before its first commit the group stood at the start, and less than 20 minutes ago.
    expect(await log.trim()).toEqual({ deleted: 0 })
    await runFor(log, 25 * minute, () => commitAt(log, 'slow', 4))
    expect(await log.trim()).toEqual({ deleted: 4 })
  })

  test('moves a reader that never committed on to the first record left', async () => {
    const log = place.open()
    const member = await log.join({ group: 'g', topics: ['t'] })
    await log.append(records(3))
    await member.poll({ ...limits, maxRecords: 1 })
    place.now += 61 * minute
    await log.trim()
    await log.append([aRecord()])
    expect((await member.poll(limits)).records.map(({ offset }) => offset)).toEqual([3])
  })
})

/** Let running time pass in steps the log takes for running, not for sleep. */
async function runFor(log: EmbeddedLog, durationMs: number, each: () => Promise<unknown>): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 30_000) {
    place.now += 30_000
    await each()
    log.committedBefore('nobody', 0)
  }
}

describe('after an unclean stop', () => {
  test('a rewound group stands where it stood ten minutes of running time before', async () => {
    const before = place.open()
    await before.append(records(100))
    let offset = 0
    await runFor(before, 25 * minute, () => commitAt(before, 'g', ++offset))
    await before.close()
    place.now += 600 * minute // the log was down: not running time

    const after = place.open()
    expect(after.rewind('g', 10 * minute)).toEqual([{ ...t0, offset: 30 }])
    expect((await poll(after, 'g')).assignment).toEqual([{ ...t0, committed: 30 }])
  })

  test('a group younger than that starts over', async () => {
    const log = place.open()
    await log.append(records(5))
    await commitAt(log, 'g', 3)
    expect(log.rewind('g', 10 * minute)).toEqual([{ ...t0, offset: 0 }])
  })

  test('a rewind sends back a member that is reading', async () => {
    const log = place.open()
    await log.append(records(5))
    const member = await log.join({ group: 'g', topics: ['t'] })
    const { generation } = await member.poll(limits)
    await member.commit([{ ...t0, offset: 5 }], generation)
    log.rewind('g', 10 * minute)
    expect(await member.commit([{ ...t0, offset: 5 }], generation)).toBe('stale')
    expect((await member.poll(limits)).records.length).toBe(5)
  })
})

describe('maintenance', () => {
  test('lag counts what a group has not dealt with, also when nobody reads for it', async () => {
    const log = place.open()
    await log.append(records(5))
    await commitAt(log, 'g', 2)
    expect(log.lag('g')).toEqual([{ ...t0, committed: 2, end: 5, lag: 3 }])
    expect(log.groups()).toEqual(['g'])
    expect(log.lag('unknown')).toEqual([])
  })

  test('a forgotten group has never committed', async () => {
    const log = place.open()
    await log.append(records(5))
    await commitAt(log, 'g', 2)
    log.forgetGroup('g', ['another-topic'])
    expect((await poll(log, 'g')).assignment).toEqual([{ ...t0, committed: 2 }])
    log.forgetGroup('g')
    expect((await poll(log, 'g')).assignment).toEqual([{ ...t0, committed: undefined }])
  })

  test('size is what lies on disk', async () => {
    const log = place.open()
    await log.append(records(1_000, { value: 'x'.repeat(1_000) }))
    expect(log.sizeBytes()).toBeGreaterThan(1_000_000)
  })
})

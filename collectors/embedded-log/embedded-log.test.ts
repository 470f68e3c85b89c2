import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { NewRecord, Polled } from '#contracts/event-log.ts'
import { embeddedTopics } from '#contracts/topics.ts'
import { describeEventLogPromises } from '#tests/promises/event-log.ts'
import { createEmbeddedLog, type EmbeddedLog, type EmbeddedLogOptions } from './embedded-log.ts'

const minute = 60_000
const limits = { maxRecords: 1_000, maxBytes: 1_000_000, waitMs: 0 }

let folder: string
let path: string
let now: number
const opened: EmbeddedLog[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-log-'))
  path = join(folder, 'log.db')
  now = 1_700_000_000_000
})

afterEach(async () => {
  for (const log of opened.splice(0)) await log.close()
  rmSync(folder, { recursive: true })
})

function open(options: Partial<EmbeddedLogOptions> = {}): EmbeddedLog {
  const topics = [{ name: 't', partitions: 1, retentionMs: 60 * minute }]
  const log = createEmbeddedLog({ path, topics, clock: () => now, durability: 'process', ...options })
  opened.push(log)
  return log
}

const aRecord = (record: Partial<NewRecord> = {}): NewRecord => ({ topic: 't', key: null, value: 'x', ...record })
const records = (count: number, record: Partial<NewRecord> = {}) => Array.from({ length: count }, () => aRecord(record))
const t0 = { topic: 't', partition: 0 }

/** Join, poll once, commit an offset, leave. */
async function commitAt(log: EmbeddedLog, group: string, offset: number): Promise<Polled> {
  const member = await log.join({ group, topics: ['t'] })
  const polled = await member.poll(limits)
  expect(await member.commit([{ ...t0, offset }], polled.generation)).toBe('committed')
  await member.leave()
  return polled
}

async function poll(log: EmbeddedLog, group: string): Promise<Polled> {
  const member = await log.join({ group, topics: ['t'] })
  const polled = await member.poll(limits)
  await member.leave()
  return polled
}

for (const durability of ['process', 'power'] as const) {
  describeEventLogPromises(`the embedded log (${durability})`, async (topics) => {
    const log = open({ topics, durability })
    return { log, dispose: () => log.close() }
  })
}

describe('after a restart', () => {
  test('records, offsets and commits are where they were', async () => {
    const before = open()
    await before.append(records(3))
    await commitAt(before, 'g', 2)
    await before.close()

    const after = open()
    await after.append([aRecord({ value: 'after' })])

    expect(await after.extent('t')).toEqual([{ ...t0, start: 0, end: 4 }])
    const polled = await poll(after, 'g')
    expect(polled.assignment).toEqual([{ ...t0, committed: 2 }])
    expect(polled.records.map(({ offset }) => offset)).toEqual([2, 3])
  })

  test('log time goes on from the last record though the clock was set back', async () => {
    const before = open()
    await before.append([aRecord()])
    now -= 5 * minute
    await before.append([aRecord()])
    await before.close()

    const after = open()
    await after.append([aRecord()])

    const times = (await after.read({ ...t0, offset: 0 }, 10)).map(({ logTimeMs }) => logTimeMs)
    expect(times).toEqual([now + 5 * minute, now + 5 * minute, now + 5 * minute])
    expect((await poll(after, 'g')).logNowMs).toBe(now + 5 * minute)
  })

  test('a topic may have gained partitions but not lost any', async () => {
    await open().close()
    const topicOf = (partitions: number) => ({ topics: [{ name: 't', partitions, retentionMs: minute }] })
    const grown = open(topicOf(3))
    await grown.append([aRecord({ partition: 2 })])
    await grown.close()
    expect(() => open(topicOf(2))).toThrow("Topic 't' has 3 partitions")
  })

  test('a clean stop is told from a kill', async () => {
    const first = open()
    expect(first.openedAfterUncleanStop).toBe(false)
    await first.close()
    expect(open().openedAfterUncleanStop).toBe(false)
  })
})

describe('a file that cannot be the log', () => {
  test('is named when it is damaged', () => {
    writeFileSync(path, 'not a database, and long enough to be taken for one'.repeat(100))
    expect(() => open()).toThrow(`${path} is damaged or not an event log`)
  })

  test('is refused when it is a database of somebody else', () => {
    const other = new DatabaseSync(path)
    other.exec('CREATE TABLE theirs (id INTEGER)')
    other.close()
    expect(() => open()).toThrow(`${path} is an SQLite file, but not an event log`)
  })

  test('is refused when a newer program wrote it', async () => {
    await open().close()
    const newer = new DatabaseSync(path)
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    expect(() => open()).toThrow('written by a newer callscope (layout 99')
  })

  test('is refused while another owner has it open', () => {
    open()
    expect(() => open()).toThrow('in use by another process')
  })
})

describe('a full disk', () => {
  test('fails the append with a message that says so, keeps nothing of it, and later appends work', async () => {
    const log = open({ maxFileBytes: 1_000_000 })
    const big = 'x'.repeat(50_000)
    const fill = async () => {
      for (;;) await log.append(records(3, { value: big }))
    }
    await expect(fill()).rejects.toThrow(`The disk is full: the event log ${path}`)

    const [extent] = await log.extent('t')
    expect((extent?.end ?? 1) % 3).toBe(0)
    expect((await poll(log, 'g')).positions[0]?.end).toBe(extent?.end)
    now += 61 * minute
    expect(await log.trim()).toEqual({ deleted: extent?.end })
    await log.append(records(3, { value: big }))
    expect(await log.extent('t')).toEqual([{ ...t0, start: extent?.end, end: (extent?.end ?? 0) + 3 }])
  })

  test('of two appends in one turn fails only the one that does not fit', async () => {
    const log = open({ maxFileBytes: 1_000_000 })
    const [tooMuch, fits] = await Promise.allSettled([
      log.append(records(30, { value: 'x'.repeat(50_000) })),
      log.append([aRecord({ value: 'fits' })]),
    ])
    expect([tooMuch.status, fits.status]).toEqual(['rejected', 'fulfilled'])
    expect((await log.read({ ...t0, offset: 0 }, 10)).map(({ value }) => Buffer.from(value).toString())).toEqual([
      'fits',
    ])
  })
})

describe('retention', () => {
  test('deletes what is older than its topic keeps, and the end stays, even over a restart', async () => {
    const log = open()
    await log.append(records(5_000))
    now += 61 * minute
    expect(await log.trim()).toEqual({ deleted: 5_000 })
    expect(await log.extent('t')).toEqual([{ ...t0, start: 5_000, end: 5_000 }])
    await log.close()

    const after = open()
    await after.append([aRecord()])
    expect(await after.extent('t')).toEqual([{ ...t0, start: 5_000, end: 5_001 }])
  })

  test('keeps what is young', async () => {
    const log = open()
    await log.append(records(2))
    now += 30 * minute
    await log.append(records(2))
    now += 31 * minute
    expect(await log.trim()).toEqual({ deleted: 2 })
    expect((await poll(log, 'g')).records.map(({ offset }) => offset)).toEqual([2, 3])
  })

  test('never passes what a group has yet to read, nor what it may be rewound to', async () => {
    const log = open()
    await log.append(records(10))
    now += 61 * minute
    await commitAt(log, 'slow', 4)
    // Before its first commit the group stood at the start, and less than 20 minutes ago.
    expect(await log.trim()).toEqual({ deleted: 0 })
    await runFor(log, 25 * minute, () => commitAt(log, 'slow', 4))
    expect(await log.trim()).toEqual({ deleted: 4 })
  })

  test('moves a reader that never committed on to the first record left', async () => {
    const log = open()
    const member = await log.join({ group: 'g', topics: ['t'] })
    await log.append(records(3))
    await member.poll({ ...limits, maxRecords: 1 })
    now += 61 * minute
    await log.trim()
    await log.append([aRecord()])
    expect((await member.poll(limits)).records.map(({ offset }) => offset)).toEqual([3])
  })
})

/** Let running time pass in steps the log takes for running, not for sleep. */
async function runFor(log: EmbeddedLog, durationMs: number, each: () => Promise<unknown>): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 30_000) {
    now += 30_000
    await each()
    log.committedBefore('nobody', 0)
  }
}

describe('after an unclean stop', () => {
  test('a rewound group stands where it stood ten minutes of running time before', async () => {
    const before = open()
    await before.append(records(100))
    let offset = 0
    await runFor(before, 25 * minute, () => commitAt(before, 'g', ++offset))
    await before.close()
    now += 600 * minute // the log was down: not running time

    const after = open()
    expect(after.rewind('g', 10 * minute)).toEqual([{ ...t0, offset: 30 }])
    expect((await poll(after, 'g')).assignment).toEqual([{ ...t0, committed: 30 }])
  })

  test('a group younger than that starts over', async () => {
    const log = open()
    await log.append(records(5))
    await commitAt(log, 'g', 3)
    expect(log.rewind('g', 10 * minute)).toEqual([{ ...t0, offset: 0 }])
  })

  test('a rewind sends back a member that is reading', async () => {
    const log = open()
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
    const log = open()
    await log.append(records(5))
    await commitAt(log, 'g', 2)
    expect(log.lag('g')).toEqual([{ ...t0, committed: 2, end: 5, lag: 3 }])
    expect(log.groups()).toEqual(['g'])
    expect(log.lag('unknown')).toEqual([])
  })

  test('a forgotten group has never committed', async () => {
    const log = open()
    await log.append(records(5))
    await commitAt(log, 'g', 2)
    log.forgetGroup('g', ['another-topic'])
    expect((await poll(log, 'g')).assignment).toEqual([{ ...t0, committed: 2 }])
    log.forgetGroup('g')
    expect((await poll(log, 'g')).assignment).toEqual([{ ...t0, committed: undefined }])
  })

  test('size is what lies on disk', async () => {
    const log = open()
    await log.append(records(1_000, { value: 'x'.repeat(1_000) }))
    expect(log.sizeBytes()).toBeGreaterThan(1_000_000)
  })
})

test('the topics of a default install fit, and open quickly', async () => {
  const log = open({ topics: embeddedTopics })
  expect((await log.extent('call-changes')).length).toBe(64)
})

test('a busy partition starves nobody', async () => {
  const log = open({ topics: [{ name: 't', partitions: 4, retentionMs: minute }] })
  await log.append([...records(5_000, { partition: 0 }), ...[1, 2, 3].map((partition) => aRecord({ partition }))])
  const member = await log.join({ group: 'g', topics: ['t'] })
  const { records: found } = await member.poll({ ...limits, maxRecords: 100 })
  expect(new Set(found.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2, 3]))
  expect(found.length).toBe(100)
})

test('after close nothing is taken and waiting polls end', async () => {
  const log = open()
  const member = await log.join({ group: 'g', topics: ['t'] })
  await member.poll(limits)
  const waiting = member.poll({ ...limits, waitMs: 30_000 })
  const pending = log.append([aRecord()])
  await log.close()
  await pending
  await waiting
  await expect(log.append([aRecord()])).rejects.toThrow('is closed')
  await expect(member.poll(limits)).rejects.toThrow('closed')
})

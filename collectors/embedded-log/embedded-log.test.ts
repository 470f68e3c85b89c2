import { writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { embeddedTopics } from '#contracts/topics.ts'
import { describeEventLogPromises } from '#tests/promises/event-log.ts'
import { aRecord, commitAt, limits, minute, poll, records, t0, useLogFolder } from './test-log.ts'

const place = useLogFolder()

for (const durability of ['process', 'power'] as const) {
  describeEventLogPromises(`the embedded log (${durability})`, async (topics) => {
    const log = place.open({ topics, durability })
    return { log, dispose: () => log.close() }
  })
}

describe('after a restart', () => {
  test('records, offsets and commits are where they were', async () => {
    const before = place.open()
    await before.append(records(3))
    await commitAt(before, 'g', 2)
    await before.close()

    const after = place.open()
    await after.append([aRecord({ value: 'after' })])

    expect(await after.extent('t')).toEqual([{ ...t0, start: 0, end: 4 }])
    const polled = await poll(after, 'g')
    expect(polled.assignment).toEqual([{ ...t0, committed: 2 }])
    expect(polled.records.map(({ offset }) => offset)).toEqual([2, 3])
  })

  test('log time goes on from the last record though the clock was set back', async () => {
    const before = place.open()
    await before.append([aRecord()])
    place.now -= 5 * minute
    await before.append([aRecord()])
    await before.close()

    const after = place.open()
    await after.append([aRecord()])

    const times = (await after.read({ ...t0, offset: 0 }, 10)).map(({ logTimeMs }) => logTimeMs)
    expect(times).toEqual([place.now + 5 * minute, place.now + 5 * minute, place.now + 5 * minute])
    expect((await poll(after, 'g')).logNowMs).toBe(place.now + 5 * minute)
  })

  test('a topic may have gained partitions but not lost any', async () => {
    await place.open().close()
    const topicOf = (partitions: number) => ({ topics: [{ name: 't', partitions, retentionMs: minute }] })
    const grown = place.open(topicOf(3))
    await grown.append([aRecord({ partition: 2 })])
    await grown.close()
    expect(() => place.open(topicOf(2))).toThrow("Topic 't' has 3 partitions")
  })

  test('a clean stop is told from a kill', async () => {
    const first = place.open()
    expect(first.openedAfterUncleanStop).toBe(false)
    await first.close()
    expect(place.open().openedAfterUncleanStop).toBe(false)
  })
})

describe('a file that cannot be the log', () => {
  test('is named when it is damaged', () => {
    writeFileSync(place.path, 'not a database, and long enough to be taken for one'.repeat(100))
    expect(() => place.open()).toThrow(`${place.path} is damaged or not an event log`)
  })

  test('is refused when it is a database of somebody else', () => {
    const other = new DatabaseSync(place.path)
    other.exec('CREATE TABLE theirs (id INTEGER)')
    other.close()
    expect(() => place.open()).toThrow(`${place.path} is an SQLite file, but not an event log`)
  })

  test('is refused when a newer program wrote it', async () => {
    await place.open().close()
    const newer = new DatabaseSync(place.path)
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    expect(() => place.open()).toThrow('written by a newer callscope (layout 99')
  })

  test('is refused while another owner has it open', () => {
    place.open()
    expect(() => place.open()).toThrow('in use by another process')
  })
})

describe('a full disk', () => {
  test('fails the append with a message that says so, keeps nothing of it, and later appends work', async () => {
    const log = place.open({ maxFileBytes: 1_000_000 })
    const big = 'x'.repeat(50_000)
    const fill = async () => {
      for (;;) await log.append(records(3, { value: big }))
    }
    await expect(fill()).rejects.toThrow(`The disk is full: the event log ${place.path}`)

    const [extent] = await log.extent('t')
    expect((extent?.end ?? 1) % 3).toBe(0)
    expect((await poll(log, 'g')).positions[0]?.end).toBe(extent?.end)
    place.now += 61 * minute
    expect(await log.trim()).toEqual({ deleted: extent?.end })
    await log.append(records(3, { value: big }))
    expect(await log.extent('t')).toEqual([{ ...t0, start: extent?.end, end: (extent?.end ?? 0) + 3 }])
  })

  test('of two appends in one turn fails only the one that does not fit', async () => {
    const log = place.open({ maxFileBytes: 1_000_000 })
    const [tooMuch, fits] = await Promise.allSettled([
      log.append(records(30, { value: 'x'.repeat(50_000) })),
      log.append([aRecord({ value: 'fits' })]),
    ])
    expect([tooMuch.status, fits.status]).toEqual(['rejected', 'fulfilled'])
    const kept = await log.read({ ...t0, offset: 0 }, 10)
    expect(kept.map(({ offset, value }) => [offset, Buffer.from(value).toString()])).toEqual([[0, 'fits']])
  })
})

test('the topics of a default install fit, and open quickly', async () => {
  const log = place.open({ topics: embeddedTopics })
  expect((await log.extent('call-changes')).length).toBe(64)
})

test('a busy partition starves nobody', async () => {
  const log = place.open({ topics: [{ name: 't', partitions: 4, retentionMs: minute }] })
  await log.append([...records(5_000, { partition: 0 }), ...[1, 2, 3].map((partition) => aRecord({ partition }))])
  const member = await log.join({ group: 'g', topics: ['t'] })
  const { records: found } = await member.poll({ ...limits, maxRecords: 100 })
  expect(new Set(found.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2, 3]))
  expect(found.length).toBe(100)
})

test('after close nothing is taken and waiting polls end', async () => {
  const log = place.open()
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

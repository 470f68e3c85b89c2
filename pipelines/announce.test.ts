import { describe, expect, test } from 'vitest'
import type { Announcement, Change } from '#contracts/changes.ts'
import { partitionOf, shardOf } from '#contracts/sharding.ts'
import { announcements, announcementsFor } from './announce.ts'
import { mergeChanges } from './batch.ts'
import { readAnnouncements } from './summaries/read-announcements.ts'

const aChange = (id: string, over: Partial<Change> = {}): Change => ({
  ...{ tenant: 'acme', id, minutes: [1], rescore: false, cumulative: false, urgency: 'running', worst: 0 },
  ...over,
})
const read = (value: string | Uint8Array) => readAnnouncements({ value }).changes

describe('announcements', () => {
  test('go to the partition that is the shard of their id, whatever the key would say', () => {
    const changes = Array.from({ length: 500 }, (_, n) => aChange(`c-${n}`))
    const records = announcements(changes)
    expect(
      records
        .flatMap(({ value }) => read(value))
        .map(({ id }) => id)
        .sort(),
    ).toEqual(changes.map(({ id }) => id).sort())
    for (const { partition, value, topic } of records) {
      expect(topic).toBe('call-changes')
      for (const { tenant, id } of read(value)) expect(shardOf(tenant, id)).toBe(partition)
    }
    expect(records.some(({ key, partition }) => partitionOf(key ?? '', 64) !== partition)).toBe(true)
  })

  test('tenants with equal ids have shards of their own', () => {
    const shards = new Set(Array.from({ length: 50 }, (_, n) => shardOf(`tenant-${n}`, 'c')))
    expect(shards.size).toBeGreaterThan(20)
  })

  test('a message holds a thousand changes at most; nothing makes no message', () => {
    const records = announcementsFor(
      7,
      Array.from({ length: 2_001 }, (_, n) => aChange(`c-${n}`)),
      'call-changes-bulk',
    )
    expect(records.map(({ partition, topic, value }) => [partition, topic, read(value).length])).toEqual([
      ...[1_000, 1_000, 1].map((length) => [7, 'call-changes-bulk', length]),
    ])
    expect(announcements([])).toEqual([])
    expect(announcementsFor(7, [])).toEqual([])
  })

  test('a message never grows beyond what a broker takes, however long its calls have lasted', () => {
    const minutes = Array.from({ length: 100_000 }, (_, at) => 29_000_000 + at)
    const changes = [
      aChange('weeks', { minutes }),
      ...Array.from({ length: 500 }, (_, n) => aChange(`c-${n}`, { minutes: minutes.slice(0, 480) })),
    ]
    const records = announcementsFor(7, changes)
    expect(Math.max(...records.map(({ value }) => value.length))).toBeLessThan(700_000)
    const said = Map.groupBy(
      records.flatMap(({ value }) => read(value)),
      ({ id }) => id,
    )
    expect([...said].map(([id, parts]) => aChange(id, { minutes: parts.flatMap((part) => part.minutes) }))).toEqual(
      changes,
    )
  })

  test('nor however long the ids of its calls are, in characters that take three bytes', () => {
    const changes = Array.from({ length: 1_000 }, (_, n) =>
      aChange(`${String(n).padStart(4, '0')}${'\u4e2d'.repeat(196)}`),
    )
    const records = announcementsFor(7, changes)
    expect(Math.max(...records.map(({ value }) => Buffer.byteLength(String(value))))).toBeLessThan(700_000)
    expect(records.flatMap(({ value }) => read(value))).toEqual(changes)
  })

  test('what is no change is passed over, and the changes beside it count', () => {
    const changes = [
      null,
      7,
      {},
      { ...aChange('c'), minutes: undefined },
      { ...aChange('c'), minutes: [-1] },
      aChange('d'),
    ]
    expect(read(JSON.stringify({ v: 1, changes }))).toEqual([aChange('d')])
  })

  test('what a newer or a broken program wrote says nothing', () => {
    const newer: Omit<Announcement, 'v'> & { readonly v: number } = { v: 2, changes: [aChange('c')] }
    for (const value of [JSON.stringify(newer), '', '{', 'null', '[]', '{"v":1,"changes":{}}'])
      expect(read(value)).toEqual([])
  })
})

test('two changes of a call say together what both say, in either order', () => {
  const [one, other] = [
    aChange('c', { minutes: [3, 4], worst: 2, cumulative: true }),
    aChange('c', { minutes: [4, 9], urgency: 'now', rescore: true }),
  ]
  const both = { ...aChange('c'), minutes: [3, 4, 9], worst: 2, cumulative: true, urgency: 'now', rescore: true }
  for (const merged of [mergeChanges(one, other), mergeChanges(other, one)]) {
    expect({ ...merged, minutes: [...merged.minutes].sort() }).toEqual(both)
  }
})

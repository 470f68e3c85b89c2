import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { bytesOf, type EventLog, type Membership, type NewRecord, type TopicDefinition } from '#contracts/event-log.ts'
import { murmur2 } from '#contracts/sharding.ts'
import { limits, patienceMs, polledSince, settle, shared, take, textOf } from './members.ts'

export interface EventLogUnderTest {
  readonly log: EventLog
  /** Release everything. Called once, after every member has left. */
  dispose(): Promise<void>
}

const dayMs = 86_400_000

/** What Kafka's own Utils.murmur2 returns for these keys (its unit test), sign bit and all. */
const kafkaHashes: readonly (readonly [key: string, hash: number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]

/** The promises of the `EventLog` port. Every adapter runs them against its own kind of log. */
export function describeEventLogPromises(
  name: string,
  make: (topics: readonly TopicDefinition[]) => Promise<EventLogUnderTest>,
): void {
  const undo: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step()
  })

  /** A log with one topic of its own. */
  async function open({ partitions = 1 } = {}) {
    const topic = `promises-${randomUUID()}`
    const { log, dispose } = await make([{ name: topic, partitions, retentionMs: dayMs }])
    undo.push(dispose)
    const append = (...records: readonly Partial<NewRecord>[]) =>
      log.append(records.map((record) => ({ topic, key: null, value: 'x', ...record })))
    const join = async (group: string): Promise<Membership> => {
      const member = await log.join({ group, topics: [topic] })
      undo.push(() => member.leave())
      return member
    }
    return { log, topic, append, join }
  }

  describe(`${name} keeps the promises of an event log`, () => {
    describe('what is appended', () => {
      test('comes back as it was sent, in order, with rising offsets and log times that never fall', async () => {
        const { append, join } = await open()
        await append({ key: 'call-1', value: 'grüße', headers: { ce_type: 'call.started', 'x-ü': '1' } })
        await append({ key: 'call-1', value: new Uint8Array([0, 255, 10, 0]) }, { key: 'call-1', value: '' })

        const records = await take(await join('g'), 3)

        expect(records.map(({ offset }) => offset)).toEqual([0, 1, 2])
        expect(records.map(({ key }) => key)).toEqual(['call-1', 'call-1', 'call-1'])
        expect(records.map(({ headers }) => ({ ...headers }))).toEqual([
          { ce_type: 'call.started', 'x-ü': '1' },
          {},
          {},
        ])
        expect(records.map((record) => [...bytesOf(record)])).toEqual([[...Buffer.from('grüße')], [0, 255, 10, 0], []])
        expect(records.map(({ logTimeMs }) => logTimeMs)).toEqual(records.map(({ logTimeMs }) => logTimeMs).sort())
      })

      test.each(kafkaHashes)('with key %s lands where the Kafka producer would put it', async (key, hash) => {
        const { log, topic, append } = await open({ partitions: 7 })
        await append({ key })

        const filled = (await log.extent(topic)).filter(({ start, end }) => end > start)

        expect(murmur2(key)).toBe(hash & 0x7fffffff)
        expect(filled.map(({ partition }) => partition)).toEqual([(hash & 0x7fffffff) % 7])
      })

      test('with a partition named lands there, whatever its key', async () => {
        const { log, topic, append } = await open({ partitions: 4 })
        await append(...[0, 1, 2, 3].map((partition) => ({ key: 'same', partition })))
        expect((await log.extent(topic)).map(({ start, end }) => end - start)).toEqual([1, 1, 1, 1])
      })

      test('without a key spreads over all partitions', async () => {
        const { log, topic, append } = await open({ partitions: 4 })
        for (let at = 0; at < 5; at += 1) await append(...Array.from({ length: 8 }, () => ({ key: null })))
        for (const { start, end } of await log.extent(topic)) expect(end - start).toBeGreaterThanOrEqual(5)
      })

      test('to a topic that does not exist is refused, by name, and nothing of that call is kept', async () => {
        const { log, topic } = await open()
        const lost = { key: null, value: 'x', topic: 'no-such-topic' }
        await expect(log.append([{ ...lost, topic }, lost])).rejects.toThrow('no-such-topic')
        expect(await log.extent(topic)).toEqual([{ topic, partition: 0, start: 0, end: 0 }])
      })

      test('can be read by place, without a group', async () => {
        const { log, topic, append } = await open()
        await append({ value: 'a' }, { value: 'b' }, { value: 'c' })
        const records = await log.read({ topic, partition: 0, offset: 1 }, 1)
        expect(records.map(textOf)).toEqual(['b'])
        expect(await log.read({ topic, partition: 0, offset: 3 }, 10)).toEqual([])
      })
    })

    describe('a poll', () => {
      test('that waits is woken by an append', async () => {
        const { append, join } = await open()
        const member = await join('g')
        await settle(member)
        const waiting = member.poll({ ...limits, waitMs: patienceMs })
        await append({ value: 'here' })
        expect((await waiting).records.map(textOf)).toEqual(['here'])
      })

      test('without records ends after its wait and says that the end is reached', async () => {
        const { topic, append, join } = await open()
        await append({}, {})
        const member = await join('g')
        const [, last] = await take(member, 2)
        const idle = await member.poll({ ...limits, waitMs: 20 })
        expect(idle.records).toEqual([])
        expect(idle.positions).toMatchObject([{ topic, partition: 0, next: 2, end: 2 }])
        expect(idle.logNowMs).toBeGreaterThanOrEqual(last?.logTimeMs ?? Number.POSITIVE_INFINITY)
      })

      test('brings no more than it was asked for', async () => {
        const { append, join } = await open()
        await append(...Array.from({ length: 10 }, () => ({ value: 'x'.repeat(1_000) })))
        const member = await join('g')
        await settle(member, { ...limits, maxRecords: 1 })
        expect((await member.poll({ ...limits, maxRecords: 3 })).records.length).toBeLessThanOrEqual(3)
        expect((await member.poll({ ...limits, maxBytes: 2_500 })).records.length).toBeLessThanOrEqual(2)
      })

      test('brings a record larger than its bound rather than none', async () => {
        const { append, join } = await open()
        await append({ value: 'x'.repeat(5_000) }, { value: 'y' })
        const records = await take(await join('g'), 1, { ...limits, maxBytes: 100 })
        expect(records.map(({ value }) => value.length)).toEqual([5_000])
      })

      test('called off returns at once, empty', async () => {
        const { append, join } = await open()
        const member = await join('g')
        await settle(member)
        const calledOff = new AbortController()
        const waiting = member.poll({ ...limits, waitMs: patienceMs }, calledOff.signal)
        calledOff.abort()
        expect((await waiting).records).toEqual([])
        await append({ value: 'later' })
        expect((await member.poll(limits, AbortSignal.abort())).records).toEqual([])
        expect((await take(member, 1)).map(textOf)).toEqual(['later'])
      })

      test('leaves paused partitions alone and keeps them assigned', async () => {
        const { topic, append, join } = await open({ partitions: 2 })
        await append({ partition: 0, value: 'paused' }, { partition: 1, value: 'flows' })
        const member = await join('g')
        const paused = [{ topic, partition: 0 }]

        const records = await take(member, 1, { ...limits, paused })
        const { assignment, records: more } = await member.poll({ ...limits, paused })

        expect([...records, ...more].map(textOf)).toEqual(['flows'])
        expect(assignment.map(({ partition }) => partition).sort()).toEqual([0, 1])
        expect((await take(member, 1)).map(textOf)).toEqual(['paused'])
      })

      test('goes on where it was told to after a seek', async () => {
        const { topic, append, join } = await open()
        await append({ value: 'a' }, { value: 'b' }, { value: 'c' })
        const member = await join('g')
        await take(member, 3)
        member.seek({ topic, partition: 0, offset: 1 })
        expect((await take(member, 2)).map(textOf)).toEqual(['b', 'c'])
      })
    })

    describe('a flooded partition', () => {
      test('starves none of the others', async () => {
        const { append, join } = await open({ partitions: 4 })
        await append(
          ...Array.from({ length: 2_000 }, () => ({ partition: 0 })),
          ...[1, 2, 3].map((partition) => ({ partition })),
        )
        const member = await join('g')
        const seen = new Set<number>()
        let polls = 0
        for (const patience = AbortSignal.timeout(patienceMs); seen.size < 4 && !patience.aborted; ) {
          const { records } = await member.poll({ ...limits, maxRecords: 100 })
          if (records.length > 0) polls += 1
          for (const { partition } of records) seen.add(partition)
        }
        // One partition may be fetched before the others are; all of the flood would take twenty polls.
        expect(polls).toBeLessThanOrEqual(5)
      })
    })

    describe('a group', () => {
      test('that never committed is told so, and starts at the first record', async () => {
        const { append, join } = await open()
        await append({ value: 'first' })
        const polled = await settle(await join('g'))
        expect(polled.assignment.map(({ committed }) => committed)).toEqual([undefined])
        expect(polled.records.map(textOf)).toEqual(['first'])
      })

      test('goes on after what it committed', async () => {
        const { topic, append, join } = await open()
        await append({ value: 'a' }, { value: 'b' }, { value: 'c' })
        const before = await join('g')
        const { generation } = await settle(before)
        expect(await before.commit([{ topic, partition: 0, offset: 2 }], generation)).toBe('committed')
        await before.leave()

        const after = await settle(await join('g'))

        expect(after.assignment.map(({ committed }) => committed)).toEqual([2])
        expect(after.records.map(textOf)).toEqual(['c'])
      })

      test('is given again what nobody committed', async () => {
        const { append, join } = await open()
        await append({ value: 'a' }, { value: 'b' })
        const first = await join('g')
        expect((await take(first, 2)).map(textOf)).toEqual(['a', 'b'])
        await first.leave()
        expect((await take(await join('g'), 2)).map(textOf)).toEqual(['a', 'b'])
      })

      test('reads apart from other groups', async () => {
        const { append, join } = await open()
        await append({ value: 'for both' })
        expect((await take(await join('g'), 1)).map(textOf)).toEqual(['for both'])
        expect((await take(await join('h'), 1)).map(textOf)).toEqual(['for both'])
      })

      test('of two members shares the partitions: each has some, none has two readers', async () => {
        const { append, join } = await open({ partitions: 4 })
        const members = [await join('g'), await join('g')]
        const shares = await shared(members, 4)
        for (const share of shares) expect(share.length).toBe(2)

        await append(...[0, 1, 2, 3].map((partition) => ({ partition, value: String(partition) })))
        const read = await Promise.all(members.map((member) => take(member, 2)))

        expect(read.map((records) => records.map(({ partition }) => partition).sort())).toEqual(shares)
      })

      test('gives the partitions of a member that left to those who stay', async () => {
        const { append, join } = await open({ partitions: 2 })
        const stays = await join('g')
        const leaves = await join('g')
        await shared([stays, leaves], 2)
        await leaves.leave()
        await shared([stays], 2)
        await append({ partition: 0 }, { partition: 1 })
        expect((await take(stays, 2)).map(({ partition }) => partition).sort()).toEqual([0, 1])
      })

      test('refuses the commit of a partition that is not the member’s own', async () => {
        const { topic, append, join } = await open({ partitions: 2 })
        await append({ partition: 0 }, { partition: 1 })
        const members = [await join('g'), await join('g')] as const
        const [[own], [other]] = (await shared(members, 2)) as [number[], number[]]
        const { generation } = await members[0].poll(limits)
        expect(await members[0].commit([{ topic, partition: Number(other), offset: 1 }], generation)).toBe('stale')
        expect(await members[0].commit([{ topic, partition: Number(own), offset: 1 }], generation)).toBe('committed')
      })

      test('refuses the commit of a generation that has passed, and gives its records again', async () => {
        const { topic, append, join } = await open()
        await append({ value: 'in hand' })
        const old = await join('g')
        const { generation } = await settle(old)
        const joining = await join('g')
        const [polled] = await Promise.all([polledSince(joining, generation), polledSince(old, generation)])

        expect(await old.commit([{ topic, partition: 0, offset: 1 }], generation)).toBe('stale')

        expect(polled.generation).toBeGreaterThan(generation)
        await old.leave()
        expect((await take(joining, 1)).map(textOf)).toEqual(['in hand'])
        await joining.leave()
        expect((await settle(await join('g'))).assignment.map(({ committed }) => committed)).toEqual([undefined])
      })
    })
  })
}

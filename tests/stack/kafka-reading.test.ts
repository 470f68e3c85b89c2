import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createClients } from '#collectors/kafka/client.ts'
import { kafkaConfig } from '#collectors/kafka/config.ts'
import type { Membership, NewRecord, Polled } from '#contracts/event-log.ts'
import { limits, patienceMs, polledSince, settle, take, textOf } from '#tests/promises/members.ts'
import { broker, type LogForTests, openLog } from './kafka-for-tests.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function open({ partitions = 1, ...settings }: { partitions?: number; [setting: string]: unknown } = {}) {
  const topic = `reading-${randomUUID()}`
  const opened: LogForTests = await openLog([{ name: topic, partitions, retentionMs: 86_400_000 }], settings)
  undo.push(opened.dispose)
  const append = (...records: readonly Partial<NewRecord>[]) =>
    opened.log.append(records.map((record) => ({ topic, key: null, value: 'x', ...record })))
  const join = async (group = 'g'): Promise<Membership> => {
    const member = await opened.log.join({ group, topics: [topic] })
    undo.push(() => member.leave())
    return member
  }
  return { ...opened, topic, append, join }
}

/** A client of this adapter's making: it knows the codecs. */
const bareClient = () =>
  createClients(kafkaConfig.parse({ brokers: [broker] }), { trouble: () => {}, client: () => {} })()

async function pollUntil(member: Membership, wanted: (polled: Polled) => boolean, asked = limits): Promise<Polled> {
  for (const patience = AbortSignal.timeout(patienceMs); !patience.aborted; ) {
    const polled = await member.poll(asked)
    if (wanted(polled)) return polled
  }
  throw new Error('What this test waits for did not come.')
}

const isRead = ({ positions }: Polled) => positions.length > 0 && positions.every(({ next, end }) => next === end)

describe('a topic written to in transactions', () => {
  test('is read to its end behind markers and aborted records, of which nothing is shown', async () => {
    const { topic, join, log } = await open()
    const producer = bareClient().producer({ transactionalId: randomUUID(), idempotent: true, maxInFlightRequests: 1 })
    undo.push(() => producer.disconnect())
    await producer.connect()
    const write = async (value: string, end: 'commit' | 'abort') => {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value }] })
      await transaction[end]()
    }
    await write('kept', 'commit')
    await write('undone', 'abort')
    await write('kept too', 'commit')
    await write('undone at the end', 'abort')

    const member = await join()
    expect((await take(member, 2)).map(textOf)).toEqual(['kept', 'kept too'])
    const atEnd = await pollUntil(member, isRead)
    expect(atEnd.positions).toMatchObject([{ topic, partition: 0, next: 8, end: 8 }])
    expect((await log.read({ topic, partition: 0, offset: 0 }, 10)).map(textOf)).toEqual(['kept', 'kept too'])

    await write('later', 'commit')
    expect((await take(member, 1)).map(textOf)).toEqual(['later'])
  })

  test('while a transaction is open is not read to its end', async () => {
    const { topic, join } = await open()
    const producer = bareClient().producer({ transactionalId: randomUUID(), idempotent: true, maxInFlightRequests: 1 })
    undo.push(() => producer.disconnect())
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: 'pending' }] })

    const member = await join()
    const pending = await pollUntil(member, ({ positions }) => positions[0]?.end === 1)
    expect(pending.positions).toMatchObject([{ topic, partition: 0, next: 0, end: 1 }])
    await transaction.commit()
    expect((await take(member, 1)).map(textOf)).toEqual(['pending'])
  })
})

describe('what was committed', () => {
  test('beyond the end of the log is as good as lost', async () => {
    const { topic, append, join } = await open()
    await append({ value: 'a' })
    const before = await join()
    const { generation } = await settle(before)
    expect(await before.commit([{ topic, partition: 0, offset: 99 }], generation)).toBe('committed')
    await before.leave()
    const after = await settle(await join())
    expect(after.assignment).toEqual([{ topic, partition: 0, committed: undefined }])
    expect(after.records.map(textOf)).toEqual(['a'])
  })

  test('before its start is as good as lost, and reading begins at what is left', async () => {
    const { topic, trim, append, join } = await open()
    await append({ value: 'a' }, { value: 'b' }, { value: 'c' })
    const before = await join()
    const { generation } = await settle(before)
    await before.commit([{ topic, partition: 0, offset: 1 }], generation)
    await before.leave()
    await trim(topic, 2)
    const after = await settle(await join())
    expect(after.assignment).toEqual([{ topic, partition: 0, committed: undefined }])
    expect(after.records.map(textOf)).toEqual(['c'])
    expect(after.trimmed).toEqual([{ topic, partition: 0, records: 1 }])
  })

  test('stays when retention overtakes a reader that is held back; it goes on at what is left, and says so', async () => {
    const { topic, trim, committed, troubles, append, join } = await open()
    await append({ value: 'a' }, { value: 'b' }, { value: 'c' })
    const member = await join()
    const { generation } = await settle(member)
    await member.commit([{ topic, partition: 0, offset: 1 }], generation)
    const held = { ...limits, paused: [{ topic, partition: 0 }] }
    await member.poll(held)
    member.seek({ topic, partition: 0, offset: 0 })
    await trim(topic, 2)
    const found = await pollUntil(member, ({ trimmed }) => trimmed !== undefined, held)
    expect(found.trimmed).toEqual([{ topic, partition: 0, records: 2 }])
    expect(troubles).toContain('records_trimmed')
    expect((await take(member, 1)).map(textOf)).toEqual(['c'])
    expect(await committed('g', topic)).toEqual({ 0: 1 })
  })

  test('stays when retention overtakes a reader that runs', async () => {
    const { topic, trim, committed, troubles, append, join } = await open()
    await append({ value: 'a' }, { value: 'b' }, { value: 'c' })
    const member = await join()
    const { generation } = await settle(member)
    await member.commit([{ topic, partition: 0, offset: 1 }], generation)
    await trim(topic, 2)
    member.seek({ topic, partition: 0, offset: 0 })
    expect((await take(member, 1)).map(textOf)).toEqual(['c'])
    expect(troubles).toContain('records_trimmed')
    expect(await committed('g', topic)).toEqual({ 0: 1 })
  })
})

describe('a member that is held back', () => {
  test('stays in its group beyond the session, with its buffer full, and may commit', async () => {
    const { topic, append, join } = await open({ partitions: 2 })
    const big = 'x'.repeat(500_000)
    for (let at = 0; at < 12; at += 1) {
      await append(...Array.from({ length: 10 }, () => ({ partition: 0, value: big })))
    }
    const member = await join()
    const { generation } = await settle(member, { ...limits, maxRecords: 1 })
    await sleep(9_000) // longer than the session of 6 s
    await append({ partition: 1, value: 'from the other partition' })
    expect(await member.commit([{ topic, partition: 0, offset: 1 }], generation)).toBe('committed')
    const more = await pollUntil(member, ({ records }) => records.some(({ partition }) => partition === 1))
    expect(more.generation).toBe(generation)
    // On a busy machine all before it may have been read by now.
    await append({ partition: 0, value: big })
    const rest = await take(member, 1, { ...limits, maxBytes: 1 })
    expect(rest.length).toBe(1)
  })

  test('does not starve small partitions beside a flooded one', async () => {
    const { append, join } = await open({ partitions: 4 })
    await append(
      ...Array.from({ length: 5_000 }, () => ({ partition: 0 })),
      ...[1, 2, 3].map((partition) => ({ partition })),
    )
    const member = await join()
    const seen = new Set<number>()
    let polls = 0
    while (seen.size < 4) {
      const { records } = await member.poll({ ...limits, maxRecords: 100 })
      if (records.length > 0) polls += 1
      for (const { partition } of records) seen.add(partition)
    }
    expect(polls).toBeLessThanOrEqual(3)
  })
})

describe('a topic that does not exist yet', () => {
  test('is waited for, said so, and read once it is there', async () => {
    const { admin, log } = await open()
    const later = `reading-later-${randomUUID()}`
    const member = await log.join({ group: 'early', topics: [later] })
    undo.push(() => member.leave())
    for (const patience = AbortSignal.timeout(patienceMs); !patience.aborted; ) {
      await member.poll(limits)
      const health = await log.health()
      if (!health.ok && health.awaits.some((words) => words.includes('topic does not exist'))) break
    }
    await admin.createTopics({ topics: [{ topic: later, numPartitions: 1 }] })
    undo.push(() => admin.deleteTopics({ topics: [later] }))
    await log.append([{ topic: later, key: null, value: 'at last' }])
    expect((await take(member, 1)).map(textOf)).toEqual(['at last'])
    expect(await log.health()).toEqual({ ok: true })
  })
})

describe('lag', () => {
  test('is told in messages and seconds, for partitions never committed too', async () => {
    const { log, topic, append, join } = await open({ partitions: 2 })
    await append({ partition: 0 }, { partition: 0 }, { partition: 1 })
    const member = await join()
    const { generation } = await settle(member)
    await member.commit([{ topic, partition: 0, offset: 1 }], generation)
    const lag = await log.lag('g', [topic])
    expect(lag.map(({ seconds, ...rest }) => ({ ...rest, told: seconds !== undefined }))).toEqual([
      { topic, partition: 0, committed: 1, end: 2, messages: 1, told: true },
      { topic, partition: 1, committed: undefined, end: 1, messages: 1, told: true },
    ])
  })
})

describe('a commit', () => {
  test('in the name of a passed round is refused by the broker, whatever this member knows', async () => {
    const { topic, append, join } = await open()
    await append({ value: 'in hand' })
    const old = await join()
    const { generation } = await settle(old)
    const joining = await join()
    // Not polled, `old` takes part in the rebalance all the same.
    await polledSince(joining, generation)
    expect(await old.commit([{ topic, partition: 0, offset: 1 }], generation)).toBe('stale')
  })
})

describe('the wall clock', () => {
  test('set back an hour costs a member neither its place nor its heartbeats, and the log’s time does not fall', async () => {
    const { topic, append, join } = await open()
    await append({ value: 'a' })
    const member = await join()
    const { generation, logNowMs } = await settle(member)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
    undo.push(async () => vi.useRealTimers())
    await sleep(9_000) // longer than the session of 6 s
    expect(await member.commit([{ topic, partition: 0, offset: 1 }], generation)).toBe('committed')
    await append({ value: 'b' })
    const later = await pollUntil(member, ({ records }) => records.length > 0)
    expect(later.generation).toBe(generation)
    expect(later.logNowMs).toBeGreaterThanOrEqual(logNowMs)
  })
})

test('Node has nothing to warn of', async () => {
  const warned: string[] = []
  const hear = (warning: Error) => void warned.push(warning.name)
  process.on('warning', hear)
  undo.push(async () => process.off('warning', hear))
  const { append, join } = await open()
  await append({ value: 'a' })
  await take(await join(), 1)
  expect(warned).toEqual([])
})

import type { KafkaMessage } from 'kafkajs'
import { describe, expect, test } from 'vitest'
import type { Extent } from './cluster.ts'
import type { LiveConsumer } from './consumer.ts'
import { batchOf } from './kafkajs-inside.ts'
import { createLogClock } from './log-clock.ts'
import { createReading } from './reading.ts'

const startMs = 1_700_000_000_000
const place = (partition: number) => ({ topic: 't', partition })
const limits = { maxRecords: 100, maxBytes: 1_000_000, waitMs: 0 }

const aMessage = (offset: number, timestamp: number, timestampType = 1) =>
  ({
    ...{ key: null, value: Buffer.from('x'), timestamp: String(timestamp), attributes: 0, offset: String(offset) },
    ...{ headers: {}, batchContext: { timestampType } },
  }) as KafkaMessage

const fetched = (partition: number, from: number, messages: readonly KafkaMessage[]) =>
  batchOf('t', String(from), { partition, highWatermark: String(from + messages.length), messages })

/** A member with partitions 0 and 1, both empty and read to their end at `startMs`; the clock stands until it is moved. */
function aMember(committed: readonly { topic: string; partition: number; offset: number }[] = [], extents?: Extent[]) {
  let ticks = 0
  const told: string[] = []
  const logClock = createLogClock({ clock: () => startMs, monotonic: () => ticks })
  const consumer: LiveConsumer = {
    ...{ ended: new Promise(() => undefined), pause() {}, resume() {}, seek() {}, abandon() {} },
    async stop() {},
  }
  const reading = createReading({
    logClock,
    wake() {},
    prepare(round) {
      const all = extents ?? round.assigned.map((of) => ({ ...of, start: 0, end: 0 }))
      reading.begin(round, { committed, extents: all, askedMs: ticks })
    },
    onTrimmed: ({ partition }) => told.push(`trimmed ${partition}`),
    onProducersTime: (topic) => told.push(`producers' times ${topic}`),
  })
  reading.joined({ generationId: 1, memberId: 'm', assigned: [place(0), place(1)] }, consumer)
  reading.isNew()
  return {
    ...{ reading, told },
    poll: () => reading.polled(reading.take(limits)),
    pass(ms: number) {
      ticks += ms
    },
    /** The brokers were asked for the ends of these, and have answered. */
    asked(...of: readonly Extent[]) {
      reading.asking()
      reading.refresh(of, ticks)
    },
  }
}

describe('the end of a partition', () => {
  test('is known as of when the brokers were last asked, whatever others bring meanwhile', () => {
    const member = aMember()
    expect(member.poll().positions.map(({ endAsOfMs }) => endAsOfMs)).toEqual([startMs, startMs])
    member.pass(600_000)
    // Nobody can be asked for ends: a leader is away. The other partition goes on.
    member.reading.fetched(place(1), fetched(1, 0, [aMessage(0, startMs + 600_000)]))
    const polled = member.poll()
    expect(polled.logNowMs).toBe(startMs + 600_000)
    expect(polled.positions[0]).toEqual({ ...place(0), next: 0, end: 0, endAsOfMs: startMs })
    member.asked({ ...place(0), start: 0, end: 0 }, { ...place(1), start: 0, end: 1 })
    expect(member.poll().positions[0]).toMatchObject({ endAsOfMs: startMs + 600_000 })
  })
})

describe('what retention took before it was read is told once, with how much it was', () => {
  test('found when a round begins: between what was committed and what is left', () => {
    const committed = [
      { ...place(0), offset: 4 },
      { ...place(1), offset: 9 },
    ]
    const member = aMember(committed, [
      { ...place(0), start: 9, end: 9 },
      { ...place(1), start: 9, end: 9 },
    ])
    expect(member.poll().trimmed).toEqual([{ ...place(0), records: 5 }])
    expect(member.poll().trimmed).toBeUndefined()
    expect(member.told).toEqual(['trimmed 0'])
  })

  test('found while reading, by the start of what is left', () => {
    const member = aMember()
    member.asked({ ...place(0), start: 7, end: 9 }, { ...place(1), start: 0, end: 0 })
    expect(member.poll()).toMatchObject({ trimmed: [{ ...place(0), records: 7 }] })
  })

  test('found by a gap in what is fetched, once it was asked for again', () => {
    const member = aMember()
    const late = () => member.reading.fetched(place(0), fetched(0, 5, [aMessage(5, startMs)]))
    expect([late(), late()]).toEqual([false, true])
    expect(member.poll()).toMatchObject({ records: [{ offset: 5 }], trimmed: [{ ...place(0), records: 5 }] })
  })

  test('never of a group that has committed nothing: it begins with what there is', () => {
    expect(aMember([], [{ ...place(0), start: 7, end: 9 }]).poll().trimmed).toBeUndefined()
  })
})

describe('a time that is the producer’s own', () => {
  test('is told apart from the log’s, and its topic told of', () => {
    const member = aMember()
    member.reading.fetched(place(0), fetched(0, 0, [aMessage(0, startMs - 5, 0), aMessage(1, startMs - 9, 1)]))
    const { records } = member.poll()
    expect(records.map(({ logTimeMs, isProducersTime }) => [logTimeMs, isProducersTime])).toEqual([
      [startMs - 5, true],
      [startMs - 9, undefined],
    ])
    expect(member.told).toEqual(["producers' times t"])
  })

  test('that was never given, or is before 1970, is none that a store could not take', () => {
    const member = aMember()
    member.reading.fetched(place(0), fetched(0, 0, [aMessage(0, -1, 0), aMessage(1, -9e18, 0)]))
    expect(member.poll().records.map(({ logTimeMs }) => logTimeMs)).toEqual([0, 0])
  })
})

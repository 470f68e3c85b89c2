import { describe, expect, test } from 'vitest'
import type { LogRecord, Polled, Position } from '#contracts/event-log.ts'
import type { WatermarkEntry } from '#contracts/registry.ts'
import { createBatch } from './batch.ts'
import { createWatermarkTracker, watermarksOf } from './watermarks.ts'

const minuteMs = 60_000
const nowMs = 100 * minuteMs
const record = (partition: number, logTimeMs = nowMs): LogRecord => ({
  ...{ topic: 'call-events', partition, offset: 0, logTimeMs, key: null, headers: {}, value: new Uint8Array() },
})
const polled = (positions: readonly Pick<Position, 'partition' | 'next' | 'end'>[], logNowMs = nowMs): Polled => ({
  ...{ generation: 1, assignment: [], records: [], logNowMs },
  positions: positions.map((position) => ({ topic: 'call-events', ...position })),
})
const atEnd = (partition: number) => ({ partition, next: 5, end: 5 })
const behind = (partition: number) => ({ partition, next: 2, end: 5 })

/** What each tenant has sent in this batch, as [tenant, partition, event time, log time]. */
function seen(...times: readonly (readonly [string, number, number, number?])[]) {
  const builder = createBatch()
  for (const [tenant, partition, eventMs, logMs] of times) {
    builder.from(record(partition, logMs))
    builder.seen(tenant, eventMs)
  }
  return builder.batch
}

describe('what one partition says', () => {
  test('read to its end, it holds nobody back: all that is younger than a minute may still come', () => {
    const [entry] = createWatermarkTracker().entriesOf(seen(), polled([atEnd(0)]))
    expect(entry).toEqual({ tenant: '*', source: 'call-events/0', watermarkMs: nowMs - minuteMs, atEnd: true })
  })

  test('not yet read to its end, each tenant is as far as what it has sent, capped at when the log took it', () => {
    const entries = createWatermarkTracker().entriesOf(
      seen(['acme', 0, 50 * minuteMs], ['acme', 0, 40 * minuteMs], ['globex', 0, 99 * minuteMs, 70 * minuteMs]),
      polled([behind(0)]),
    )
    expect(watermarksOf(entries)).toEqual(
      new Map([
        ['*', 0],
        ['acme', 49 * minuteMs],
        ['globex', 69 * minuteMs],
      ]),
    )
  })

  test('one that has been at its end and fell behind says what it said then', () => {
    const tracker = createWatermarkTracker()
    tracker.entriesOf(seen(), polled([atEnd(0)]))
    const later = tracker.entriesOf(seen(), polled([behind(0)], nowMs + 10 * minuteMs))
    expect(later).toEqual([{ tenant: '*', source: 'call-events/0', watermarkMs: nowMs - minuteMs, atEnd: false }])
  })
})

describe('a partition whose end cannot be asked for', () => {
  const unknownSince = (partition: number, endAsOfMs: number) => ({ ...atEnd(partition), endAsOfMs })

  test('stays where it was known to be read to its end, while others go on', () => {
    const tracker = createWatermarkTracker()
    tracker.entriesOf(seen(), polled([unknownSince(0, nowMs), unknownSince(1, nowMs)]))
    const later = nowMs + 10 * minuteMs
    const entries = tracker.entriesOf(
      seen(['acme', 1, later, later]),
      polled([unknownSince(0, nowMs), { ...unknownSince(1, later) }], later),
    )
    expect(entries.map(({ watermarkMs }) => watermarkMs)).toEqual([nowMs - minuteMs, later - minuteMs])
    expect(watermarksOf(entries).get('*')).toBe(nowMs - minuteMs)
  })

  test('has been read as far as its last record says, if that is later', () => {
    const read = { ...polled([unknownSince(0, nowMs - 5 * minuteMs)]), records: [record(0, nowMs - minuteMs)] }
    const [entry] = createWatermarkTracker().entriesOf(seen(), read)
    expect(entry).toMatchObject({ watermarkMs: nowMs - 2 * minuteMs, atEnd: true })
  })
})

describe('a partition that keeps producers’ times', () => {
  const theirs = (logTimeMs: number): LogRecord => ({ ...record(0, logTimeMs), isProducersTime: true })

  test('in arrears says nothing of those it has not met: what comes next may be older than what was read', () => {
    const tracker = createWatermarkTracker()
    tracker.entriesOf(seen(), polled([atEnd(0)], nowMs - 30 * minuteMs))
    const read = { ...polled([behind(0)]), records: [theirs(nowMs)] }
    expect(watermarksOf(tracker.entriesOf(seen(), read)).get('*')).toBe(nowMs - 31 * minuteMs)
    // Never read to its end, it lets nobody settle.
    expect(watermarksOf(createWatermarkTracker().entriesOf(seen(), read)).get('*')).toBe(0)
  })

  test('read to its end counts as the log’s present like any other', () => {
    const read = { ...polled([atEnd(0)]), records: [theirs(nowMs - 50 * minuteMs)] }
    expect(watermarksOf(createWatermarkTracker().entriesOf(seen(), read)).get('*')).toBe(nowMs - minuteMs)
  })
})

describe('a partition in arrears, as a flood of log lines leaves it', () => {
  const tookMs = nowMs - 5 * minuteMs
  const flood = { ...polled([behind(0)]), records: [record(0, tookMs - 1), record(0, tookMs), record(1, nowMs)] }

  test('holds those whose lines it has not met only as long as the log had not taken what was read', () => {
    const marks = watermarksOf(createWatermarkTracker().entriesOf(seen(['acme', 0, 50 * minuteMs]), flood))
    expect(marks.get('*')).toBe(tookMs - minuteMs)
    // Who sends late things on it may send more of them.
    expect(marks.get('acme')).toBe(49 * minuteMs)
  })

  test('goes on from there when nothing more of it was read', () => {
    const tracker = createWatermarkTracker()
    tracker.entriesOf(seen(), flood)
    expect(watermarksOf(tracker.entriesOf(seen(), polled([behind(0)]))).get('*')).toBe(tookMs - minuteMs)
  })

  test('takes back nothing that it said at its end, whatever late lines come', () => {
    const tracker = createWatermarkTracker()
    tracker.entriesOf(seen(), polled([atEnd(0)]))
    const marks = watermarksOf(tracker.entriesOf(seen(['acme', 0, 50 * minuteMs]), polled([behind(0)])))
    expect(marks.get('acme')).toBe(nowMs - minuteMs)
  })
})

describe('the watermark of a tenant', () => {
  const all = (source: string, watermarkMs: number, isAtEnd: boolean): WatermarkEntry => ({
    tenant: '*',
    source,
    watermarkMs,
    atEnd: isAtEnd,
  })
  const own = (tenant: string, source: string, watermarkMs: number): WatermarkEntry => ({
    tenant,
    source,
    watermarkMs,
    atEnd: false,
  })

  test('is the least of all partitions: one that lags holds back, idle ones do not', () => {
    expect(watermarksOf([all('a/0', 900, true), all('a/1', 100, false), all('a/2', 905, true)])).toEqual(
      new Map([['*', 100]]),
    )
    const marks = watermarksOf([all('a/0', 900, true), all('a/1', 100, false), own('acme', 'a/1', 700)])
    expect(marks).toEqual(
      new Map([
        ['*', 100],
        ['acme', 700],
      ]),
    )
  })

  test('is not held back by what it sent last on a partition read to its end', () => {
    expect(watermarksOf([all('a/0', 900, true), own('acme', 'a/0', 300)]).get('acme')).toBe(900)
  })

  test('an import holds the tenants it names until it ends, and nobody else', () => {
    const during = watermarksOf([all('a/0', 900, true), own('acme', 'import:run-1', 250)])
    expect(during).toEqual(
      new Map([
        ['*', 900],
        ['acme', 250],
      ]),
    )
    expect(watermarksOf([all('a/0', 900, true)]).get('*')).toBe(900)
  })

  test('of nothing known is nothing', () => {
    expect(watermarksOf([])).toEqual(new Map([['*', 0]]))
  })
})

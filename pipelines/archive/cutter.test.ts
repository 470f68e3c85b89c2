import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LogRecord } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { createCutter, type FullCut } from './cutter.ts'

const place = { topic: 'call-events', partition: 3 }
const rules = { windowMs: 60_000, maxBytes: 2_000 }

const aRecord = (offset: number, logTimeMs: number, parts: Partial<LogRecord> = {}): LogRecord => ({
  ...{ ...place, offset, logTimeMs, key: null, headers: {}, value: 'x' },
  ...parts,
})

/** A partition as brokers make it: offsets with gaps, log times that rise, bodies of any size. */
const log: fc.Arbitrary<readonly LogRecord[]> = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 1, max: 3 }),
      afterMs: fc.constantFrom(0, 1, 500, 40_000, 200_000),
      size: fc.nat(900),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((steps) => {
    let offset = -1
    let logTimeMs = 1_700_000_000_000
    return steps.map(({ gap, afterMs, size }) => {
      offset += gap
      logTimeMs += afterMs
      return aRecord(offset, logTimeMs, { value: 'x'.repeat(size) })
    })
  })

const boundsOf = ({ fromOffset, toOffset, records }: FullCut) =>
  `${fromOffset}-${toOffset}: ${records.map(({ offset }) => offset).join(' ')}`

/** Reads all of the log in one go. */
function cutWhole(records: readonly LogRecord[]): readonly FullCut[] {
  const cutter = createCutter(rules, { ...place, epoch: 0, fromOffset: 0 })
  const cuts = records.flatMap((record) => cutter.take(record) ?? [])
  return [...cuts, cutter.closed(Number.MAX_SAFE_INTEGER)].filter((cut) => cut !== undefined)
}

describe('cuts', () => {
  test('are at the same places whenever a reader ends and another goes on after the last cut, or looks at the clock', () => {
    const lives = fc.array(fc.record({ reads: fc.integer({ min: 1, max: 20 }), looks: fc.boolean() }), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(log, lives, (records, plan) => {
        const expected = cutWhole(records).map(boundsOf)
        const cuts: string[] = []
        let fromOffset = 0
        for (const { reads, looks } of [...plan, { reads: records.length + 1, looks: true }]) {
          const cutter = createCutter(rules, { ...place, epoch: 0, fromOffset })
          const left = records.filter(({ offset }) => offset >= fromOffset)
          const read = left.slice(0, reads)
          const found = read.flatMap((record) => cutter.take(record) ?? [])
          // The clock speaks only to who has read everything that the log has taken until then.
          const nowMs = left[reads]?.logTimeMs ?? Number.MAX_SAFE_INTEGER
          const last = looks ? cutter.closed(nowMs) : undefined
          for (const cut of last === undefined ? found : [...found, last]) {
            cuts.push(boundsOf(cut))
            fromOffset = cut.toOffset
          }
        }
        expect(cuts).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  test('hold every message once, and leave no offset between two of them', () => {
    fc.assert(
      fc.property(log, (records) => {
        const cuts = cutWhole(records)
        expect(cuts.flatMap((cut) => cut.records)).toEqual(records)
        expect(cuts.slice(1).map(({ fromOffset }) => fromOffset)).toEqual(
          cuts.slice(0, -1).map(({ toOffset }) => toOffset),
        )
      }),
    )
  })

  test('are no larger than they may be, but for a single message that is', () => {
    const cutter = createCutter(rules, { ...place, epoch: 0, fromOffset: 0 })
    expect(cutter.take(aRecord(0, 1, { value: 'x'.repeat(5_000) }))).toBeUndefined()
    expect(cutter.take(aRecord(1, 1))).toMatchObject({ fromOffset: 0, toOffset: 1 })
    expect(cutter.bytes).toBeLessThan(rules.maxBytes)
  })

  test('stay open for a moment after their window: clocks differ', () => {
    const cutter = createCutter(rules, { ...place, epoch: 0, fromOffset: 0 })
    cutter.take(aRecord(0, 59_999))
    expect(cutter.closed(60_000 + 4_999)).toBeUndefined()
    expect(cutter.closed(60_000 + 5_000)).toMatchObject({ toOffset: 1 })
    expect(cutter.closed(Number.MAX_SAFE_INTEGER)).toBeUndefined()
  })

  test('keep a message whose broker had an earlier clock', () => {
    const cutter = createCutter(rules, { ...place, epoch: 0, fromOffset: 0 })
    cutter.take(aRecord(0, 130_000))
    expect(cutter.take(aRecord(1, 50_000))).toBeUndefined()
    expect(cutter.close()?.records.length).toBe(2)
  })

  test('end where the log’s time steps back from one that was never now: its window would stay open until it has come', () => {
    const cutter = createCutter(rules, { ...place, epoch: 0, fromOffset: 0 })
    const nowMs = 1_700_000_000_000
    cutter.take(aRecord(0, nowMs + 86_400_000))
    expect(cutter.take(aRecord(1, nowMs))).toMatchObject({ fromOffset: 0, toOffset: 1 })
    expect(cutter.closed(nowMs + 2 * rules.windowMs)).toMatchObject({ fromOffset: 1, toOffset: 2 })
  })

  test('cover what a replay has sent again, and do not hold it', () => {
    const cutter = createCutter(rules, { ...place, epoch: 0, fromOffset: 0 })
    const headers = { [recordHeaders.replay]: 'run', [recordHeaders.logTime]: '1000' }
    cutter.take(aRecord(0, 10_000, { headers }))
    expect(cutter.close()).toMatchObject({ fromOffset: 0, toOffset: 1, records: [] })
    // A log time that no replay can have written: somebody else's message, archived as any.
    cutter.take(aRecord(1, 10_000, { headers: { ...headers, [recordHeaders.logTime]: '99999' } }))
    expect(cutter.close()?.records.length).toBe(1)
  })
})

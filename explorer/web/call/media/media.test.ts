import { describe, expect, test } from 'vitest'
import { intervalMask } from '#contracts/interval-mask.ts'
import { aRecord, aStream, aWhole, samplesOfLoss, startMs } from '../calls-for-tests.ts'
import { columnsOf, columnsOfMinutes, indexAt } from './columns.ts'
import { pointsOf } from './points.ts'
import { badStretches, conditionFor, conditionOf, stretchesOf, worstStretch } from './stretches.ts'
import { summaryOf } from './summary.ts'
import { unknownSpans } from './unknown.ts'
import { byStream, firstOpen, saysNothing, viewsOf } from './views.ts'

const at = (second: number): number => startMs + second * 1_000
const poor = intervalMask.media | intervalMask.lossPoor | intervalMask.lossDegraded
const degraded = intervalMask.media | intervalMask.lossDegraded

describe('points', () => {
  test('a sample is a step: it says one thing of all its time', () => {
    const columns = columnsOf(samplesOfLoss([0.1, 0.2]))
    const { atMs, value } = pointsOf(columns, columns.values.loss, { fromMs: at(0), toMs: at(2) }, 500)
    expect(atMs).toEqual([at(0), at(1), at(1), at(2)])
    expect(value).toEqual([0.1, 0.1, 0.2, 0.2])
  })

  test('unknown lifts the pen, and is never drawn as zero', () => {
    const columns = columnsOf(samplesOfLoss([0.1, null, 0.2]))
    const { value } = pointsOf(columns, columns.values.loss, { fromMs: at(0), toMs: at(3) }, 500)
    expect(value).toEqual([0.1, 0.1, null, 0.2, 0.2])
  })

  test('a hole between samples lifts the pen', () => {
    const samples = samplesOfLoss([0.1, 0.2])
    const columns = columnsOf({ ...samples, endMs: [at(1), at(9)] })
    const { value } = pointsOf(columns, columns.values.loss, { fromMs: at(0), toMs: at(10) }, 500)
    expect(value).toEqual([0.1, 0.1, null, 0.2, 0.2])
  })

  test('a spike of one sample among twenty thousand is still seen', () => {
    const losses = Array.from({ length: 20_000 }, (_, index) => (index === 12_345 ? 0.9 : 0.01))
    const columns = columnsOf(samplesOfLoss(losses))
    const { value } = pointsOf(columns, columns.values.loss, { fromMs: at(0), toMs: at(20_000) }, 1_000)
    expect(value.length).toBeLessThanOrEqual(2_002)
    expect(Math.max(...value.map((one) => one ?? 0))).toBe(0.9)
  })

  test('a long hole stays a hole when many samples share a pixel', () => {
    const losses = Array.from({ length: 10_000 }, (_, index) => (index >= 4_000 && index < 6_000 ? null : 0.01))
    const columns = columnsOf(samplesOfLoss(losses))
    const { atMs, value } = pointsOf(columns, columns.values.loss, { fromMs: at(0), toMs: at(10_000) }, 500)
    const drawn = atMs.filter((ms, index) => value[index] !== null && ms > at(4_050) && ms < at(5_950))
    expect(drawn).toEqual([])
    expect(value).toContain(null)
  })

  test('times only ever rise', () => {
    const losses = Array.from({ length: 5_000 }, (_, index) => (index % 7 === 0 ? null : index / 5_000))
    const columns = columnsOf(samplesOfLoss(losses))
    for (const widthPx of [300, 10_000]) {
      const { atMs } = pointsOf(columns, columns.values.loss, { fromMs: at(100), toMs: at(4_000) }, widthPx)
      expect(atMs.every((ms, index) => index === 0 || ms >= (atMs[index - 1] ?? 0))).toBe(true)
    }
  })
})

describe('unknown', () => {
  const losses = [0.1, null, null, null, 0.2]
  const columns = columnsOf(samplesOfLoss(losses))

  test('is what samples do not state, and what is missing at either end', () => {
    const expected = { fromMs: at(-5), toMs: at(20) }
    expect(unknownSpans(columns, columns.values.loss, expected)).toEqual([
      { fromMs: at(-5), toMs: at(0) },
      { fromMs: at(1), toMs: at(4) },
      { fromMs: at(5), toMs: at(20) },
    ])
  })

  test('a report that is late by a second is no hole', () => {
    const late = columnsOf({ ...samplesOfLoss([0.1, 0.2]), endMs: [at(1), at(3)] })
    expect(unknownSpans(late, late.values.loss, { fromMs: at(0), toMs: at(3) })).toEqual([])
  })

  test('a measure that nobody stated is unknown for all the time it was expected', () => {
    const expected = { fromMs: at(0), toMs: at(5) }
    expect(unknownSpans(columns, columns.values.jitter, expected)).toEqual([expected])
  })
})

describe('stretches', () => {
  test('are as bad as their worst measure; silence and early media are neither good nor bad', () => {
    expect(conditionOf(intervalMask.media)).toBe('good')
    expect(conditionOf(poor)).toBe('poor')
    expect(conditionOf(intervalMask.media | intervalMask.jitterDegraded)).toBe('degraded')
    expect(conditionOf(0)).toBe('silent')
    expect(conditionOf(poor | intervalMask.early)).toBe('early')
  })

  test('a sender’s own report is not silence: it cannot know what arrived', () => {
    expect(conditionFor(false)(0)).toBe('blind')
    expect(conditionFor(true)(0)).toBe('silent')
    expect(
      saysNothing(
        aStream({
          packetsReceived: undefined,
          lossRatio: undefined,
          jitterMs: undefined,
          roundTripMs: undefined,
          concealedRatio: undefined,
        }),
      ),
    ).toBe(true)
    expect(saysNothing(aStream())).toBe(false)
  })

  test('neighbours alike are one', () => {
    const columns = columnsOf(samplesOfLoss([0, 0.1, 0.1, 0.03, 0], [1, poor, poor, degraded, 1]))
    expect(stretchesOf(columns).map(({ condition }) => condition)).toEqual(['good', 'poor', 'degraded', 'good'])
    expect(badStretches(columns, 'loss')).toEqual([
      { fromMs: at(1), toMs: at(3), condition: 'poor' },
      { fromMs: at(3), toMs: at(4), condition: 'degraded' },
    ])
    expect(badStretches(columns, 'jitter')).toEqual([])
  })

  test('a reason leads to the longest time its measure was as bad', () => {
    const columns = columnsOf(samplesOfLoss([0.1, 0, 0.1, 0.1, 0.03], [poor, 1, poor, poor, degraded]))
    expect(worstStretch(columns, 'loss', 'poor')).toMatchObject({ fromMs: at(2), toMs: at(4) })
    expect(worstStretch(columns, 'loss', 'degraded')).toMatchObject({ fromMs: at(2), toMs: at(5) })
    expect(worstStretch(columns, 'mos', 'poor')).toBeUndefined()
  })
})

describe('summaries', () => {
  test('weigh by time and name the worst stretch', () => {
    const samples = samplesOfLoss([0, 0.3], [1, poor])
    const columns = columnsOf({ ...samples, endMs: [at(2), at(3)], lengthMs: [2_000, 1_000] })
    expect(summaryOf(columns, 'loss')).toMatchObject({
      least: 0,
      greatest: 0.3,
      mean: expect.closeTo(0.1),
      worst: { fromMs: at(2), toMs: at(3) },
    })
  })

  test('of nothing there is none', () => {
    expect(summaryOf(columnsOf(samplesOfLoss([null, null])), 'loss')).toBeUndefined()
  })
})

describe('columns', () => {
  test('an instant in a hole belongs to no interval', () => {
    const columns = columnsOf({ ...samplesOfLoss([0.1, 0.2]), endMs: [at(1), at(9)] })
    expect([at(0.5), at(4), at(8.5), at(9)].map((ms) => indexAt(columns, ms))).toEqual([0, -1, 1, -1])
  })

  test('come into order when a producer’s clock went back', () => {
    const columns = columnsOf({ ...samplesOfLoss([0.1, 0.2, 0.3]), endMs: [at(3), at(1), at(2)] })
    expect([...columns.values.loss]).toEqual([0.2, 0.3, 0.1])
  })

  test('after the samples have gone the minutes are drawn, unjudged', () => {
    const record = aRecord()
    const minute = {
      stream: aStream().key,
      observer: 'browser',
      source: '/browser',
      scope: 'interval' as const,
      minuteMs: startMs,
      measuredMs: 60_000,
      lossRatio: 0.01,
    }
    const rest = { jitterMs: undefined, roundTripMs: undefined, concealedRatio: undefined, mos: undefined }
    const point = { ...minute, ...rest, mosName: undefined, grounded: undefined }
    const [view] = viewsOf(aWhole(record, { minutes: [point] }), {
      streams: [],
      truncated: false,
      thresholds: { mos: {} },
    })
    expect(view?.grain).toBe('minutes')
    expect([...(view?.columns.values.loss ?? [])]).toEqual([0.01])
    expect(stretchesOf(columnsOfMinutes([point])).map(({ condition }) => condition)).toEqual(['unjudged'])
  })
})

describe('views', () => {
  const far = aStream({ key: 'leg-b/audio/send/', class: 'poor', label: 'caller -> callee' })
  const beside = aStream({ observer: 'sbc', chosen: false, class: 'degraded' })
  const video = aStream({ key: 'leg-a/video/receive/', kind: 'video' })
  const views = viewsOf(aWhole(aRecord({ streams: [video, beside, aStream(), far] })), undefined)

  test('sound comes before pictures, bad before good, and who counts before who does not', () => {
    expect(byStream(views).map(({ key, others }) => [key, others.map(({ stream }) => stream.observer)])).toEqual([
      [far.key, []],
      [aStream().key, ['sbc']],
      [video.key, []],
    ])
  })

  test('a leg that was transferred away owes media no longer than it was there', () => {
    const leg = {
      legId: 'leg-a',
      role: 'caller',
      device: 'web',
      addedMs: startMs + 5_000,
      endedMs: startMs + 30_000,
    } as const
    const [view] = viewsOf(aWhole(aRecord({ legs: [leg] })), undefined)
    expect(view?.expected).toEqual({ fromMs: startMs + 5_000, toMs: startMs + 30_000 })
  })

  test('good video begins folded', () => {
    expect([...firstOpen(views)].some((id) => id.startsWith(video.key))).toBe(false)
  })
})

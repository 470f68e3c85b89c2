import { expect, test } from 'vitest'
import { blindSpans, within } from './blind.ts'

test('who reads calls and who computes them were away together: one stretch', () => {
  const blind = [
    { pipeline: 'summaries', fromMs: 20, untilMs: 60 },
    { pipeline: 'calls', fromMs: 10, untilMs: 50 },
    { pipeline: 'calls', fromMs: 100, untilMs: 140 },
  ]
  expect(blindSpans(blind)).toEqual([
    { fromMs: 10, untilMs: 60 },
    { fromMs: 100, untilMs: 140 },
  ])
})

test('a pipeline of logs that stood still makes no call figure doubtful', () => {
  expect(blindSpans([{ pipeline: 'logs', fromMs: 10, untilMs: 50 }])).toEqual([])
})

test('a stretch is drawn as far as the chart goes', () => {
  expect(within({ fromMs: 0, untilMs: 50 }, { fromMs: 20, untilMs: 90 })).toEqual({ fromMs: 20, untilMs: 50 })
  expect(within({ fromMs: 0, untilMs: 10 }, { fromMs: 20, untilMs: 90 })).toBeUndefined()
})

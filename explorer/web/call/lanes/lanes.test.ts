import { expect, test } from 'vitest'
import type { Span } from '#contracts/signals/otlp.ts'
import { startMs } from '../calls-for-tests.ts'
import { nearest, stepTo } from './points-in-time.ts'
import { nextInterval, roundBelow } from './scale.ts'
import { barsOf } from './span-lane.ts'

test('the nearest instant is found only when it is near', () => {
  expect(nearest([10, 20, 30], 24, 5)).toBe(1)
  expect(nearest([10, 20, 30], 26, 5)).toBe(2)
  expect(nearest([10, 20, 30], 90, 5)).toBe(-1)
  expect(nearest([], 5, 5)).toBe(-1)
})

test('an arrow key leads to the neighbour, and past the last to nothing', () => {
  expect([stepTo([10, 20, 20, 30], 20, 1), stepTo([10, 20, 20, 30], 20, -1), stepTo([10, 20], 20, 1)]).toEqual([
    30,
    10,
    undefined,
  ])
})

test('an arrow key walks by samples, also out of the middle of one', () => {
  const starts = Float64Array.of(0, 10, 20)
  expect([
    nextInterval(starts, 10, 1),
    nextInterval(starts, 10, -1),
    nextInterval(starts, 14, -1),
    nextInterval(starts, 20, 1),
  ]).toEqual([20, 0, 0, undefined])
})

test('scales are labelled with round numbers', () => {
  expect([0.07, 0.13, 9, 57, 480].map(roundBelow)).toEqual([0.05, 0.1, 5, 50, 200])
})

const aSpan = (from: number, to: number, statusCode = 0): Span & { tenant: string } => ({
  ...{ tenant: 'acme', traceId: 'a', spanId: `${from}-${to}`, parentSpanId: '', traceState: '', name: 'Set', kind: 2 },
  startTimeUnixNano: String(BigInt(startMs + from) * 1_000_000n),
  endTimeUnixNano: String(BigInt(startMs + to) * 1_000_000n),
  ...{ statusCode, statusMessage: '', serviceName: 'router', resource: {}, scopeName: '', attributes: {} },
  events: [],
  links: [],
})

test('spans of one time stand under each other, and a row is used again when it is free', () => {
  const bars = barsOf([aSpan(0, 100), aSpan(10, 50), aSpan(60, 80), aSpan(100, 120, 2)])
  expect(bars.map(({ row }) => row)).toEqual([0, 1, 1, 0])
  expect(bars.map(({ failed }) => failed)).toEqual([false, false, false, true])
})

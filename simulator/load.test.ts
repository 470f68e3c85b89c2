import { expect, test } from 'vitest'
import { createLoad, type LoadMessage } from './index.ts'
import { readSamples, validate } from './testing.ts'

const startMs = Date.UTC(2026, 2, 4, 9)
const messageOf = ({ topic, key, value }: LoadMessage) => ({ topic, key, headers: {}, value })

const take = <T>(from: Iterator<T>, count: number): readonly T[] =>
  Array.from({ length: count }, () => from.next().value).filter((item) => item !== undefined)

test('load is valid, one identity per message, at the rate that was asked for', () => {
  const load = createLoad({ seed: 1, calls: 500, samplesPerSecond: 250, startMs })
  const samples = take(load.samples(), 3_000)
  expect(load.intervalMs).toBe(4_000)
  expect(samples.slice(0, 200).map(messageOf).flatMap(validate)).toEqual([])
  const seen = readSamples(samples.map(messageOf))
  expect(new Set(seen.map(({ identity }) => identity)).size).toBe(3_000)
  expect((samples.at(-1)?.atMs ?? 0) - startMs).toBeGreaterThan(11_500)
  expect((samples.at(-1)?.atMs ?? 0) - startMs).toBeLessThanOrEqual(12_000)
})

test('every call of the load has begun and been answered before its first sample, some long before', () => {
  const load = createLoad({ seed: 1, calls: 100, startMs, oldestMs: 7_200_000 })
  const starts = [...load.starts()]
  expect(starts.map(messageOf).flatMap(validate)).toEqual([])
  expect(starts.every(({ atMs }) => atMs < startMs)).toBe(true)
  expect(starts.filter(({ atMs }) => atMs < startMs - 3_600_000).length).toBeGreaterThan(90)
  expect(validate(messageOf(load.end(7, startMs + 1_000)))).toEqual([])
})

test('the same seed gives the same load', () => {
  const text = () => take(createLoad({ seed: 5, calls: 50, startMs }).samples(), 300).map(({ value }) => value)
  expect(text()).toEqual(text())
})

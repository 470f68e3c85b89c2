import { expect, test } from 'vitest'
import { type CallTruth, demoCarrier, demoTraffic, type SimulatedMessage, toLine } from './index.ts'
import { validate } from './testing.ts'

const startMs = Date.UTC(2026, 2, 4, 9)

/** The demo as far as a newcomer watches it. */
function watch(seconds: number, seed = 1) {
  const calls: CallTruth[] = []
  const messages: SimulatedMessage[] = []
  for (const message of demoTraffic({ seed, startMs, onCall: (truth) => calls.push(truth) })) {
    if (message.dueMs > startMs + seconds * 1_000) break
    messages.push(message)
  }
  return { calls, messages }
}

const firstMinute = watch(60)

test('within a minute a newcomer has seen every planted fault end', () => {
  const planted = new Set(firstMinute.calls.flatMap((call) => call.planted ?? []))
  for (const fault of ['carrier', 'one_way_audio', 'platform', 'client_device']) expect(planted).toContain(fault)
})

test('about 200 calls are open at once', () => {
  const nowMs = startMs + 240_000
  const open = new Set<string>()
  for (const { key, topic, dueMs, value } of demoTraffic({ seed: 3, startMs })) {
    if (dueMs > nowMs) break
    if (topic !== 'quality-samples' || key === null || dueMs < nowMs - 15_000 || typeof value === 'string') continue
    open.add(key)
  }
  expect(open.size).toBeGreaterThan(140)
  expect(open.size).toBeLessThan(320)
})

test('the bad carrier spoils its own calls and recovers', () => {
  const calls = watch(420).calls.filter(
    ({ carrier, class: judged }) => carrier === demoCarrier && judged !== 'unclassified',
  )
  const share = (some: readonly CallTruth[]) => some.filter(({ planted }) => planted === 'carrier').length / some.length
  const during = calls.filter(({ answeredMs = 0 }) => answeredMs < startMs + 180_000)
  const after = calls.filter(({ answeredMs = 0 }) => answeredMs > startMs + 245_000)
  expect(share(during)).toBeGreaterThan(0.6)
  expect(after.length).toBeGreaterThan(5)
  expect(share(after)).toBe(0)
})

test('the demo can be told again, is valid, and never speaks of the future', () => {
  expect(watch(3).messages.map(toLine)).toEqual(
    firstMinute.messages.filter(({ dueMs }) => dueMs <= startMs + 3_000).map(toLine),
  )
  expect(firstMinute.messages.slice(0, 3_000).flatMap(validate)).toEqual([])
  expect(firstMinute.messages.every(({ atMs, dueMs }) => atMs <= dueMs)).toBe(true)
})

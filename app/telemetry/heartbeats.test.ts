import { expect, test } from 'vitest'
import type { Heartbeat, HeartbeatStore } from '#contracts/blind-times.ts'
import type { LogRecord, Polled } from '#contracts/event-log.ts'
import { createHeartbeats } from './heartbeats.ts'

function aWatch(last: ReadonlyMap<string, number> = new Map()) {
  const blind: [string, number][] = []
  const written: Heartbeat[] = []
  const heartbeats = createHeartbeats({
    worker: 'w1',
    blind: (pipeline, seconds) => seconds > 0 && blind.push([pipeline, seconds]),
  })
  const store: HeartbeatStore = { write: async (beats) => void written.push(...beats), last: async () => last }
  /** What would have been written by now. */
  async function beats(): Promise<readonly number[]> {
    await heartbeats.run(store, () => 0, AbortSignal.abort())
    return written.map(({ atMs }) => atMs)
  }
  return { heartbeats, blind, beats, store }
}

const second = 1_000
const aRecord = (logTimeMs: number): LogRecord => ({
  ...{ topic: 'call-events', partition: 0, offset: 1, logTimeMs, key: null, headers: {}, value: '' },
})
const aPoll = (logNowMs: number, logTimes: readonly number[] = []): Polled => ({
  ...{ generation: 1, assignment: [], positions: [], logNowMs, records: logTimes.map(aRecord) },
})

test('a pipeline that polls twice a second beats every ten seconds, and is not blind', async () => {
  const { heartbeats, blind, beats } = aWatch()
  for (let at = 100 * second; at <= 130 * second; at += second / 2) heartbeats.polled('calls', aPoll(at))
  expect(await beats()).toEqual([100, 110, 120, 130].map((at) => at * second))
  expect(blind).toEqual([])
})

test('a gap is as long as nobody looked, not as beats are apart', async () => {
  const { heartbeats, blind, beats } = aWatch()
  for (const at of [100, 104, 200]) heartbeats.looked('calls', at * second)
  expect(await beats()).toEqual([100, 104, 200].map((at) => at * second))
  expect(blind).toEqual([['calls', 96]])
})

test('what lasts is counted while it lasts, and only once', () => {
  const { heartbeats, blind } = aWatch()
  heartbeats.looked('calls', 100 * second)
  for (const at of [120, 140, 150]) heartbeats.tick(at * second)
  heartbeats.looked('calls', 155 * second)
  expect(blind.map(([, seconds]) => seconds)).toEqual([40, 10, 5])
})

test('who reads what is old by now is catching up, and does not look at what is', () => {
  const { heartbeats, blind } = aWatch()
  heartbeats.polled('calls', aPoll(100 * second, [99 * second]))
  heartbeats.polled('calls', aPoll(200 * second, [110 * second]))
  heartbeats.polled('calls', aPoll(300 * second, [299 * second]))
  expect(blind).toEqual([['calls', 200]])
})

test('who finds that messages have gone unread did not look, even where nothing is left to be read', () => {
  const { heartbeats, blind } = aWatch()
  heartbeats.polled('calls', aPoll(100 * second))
  heartbeats.polled('calls', { ...aPoll(125 * second), trimmed: [{ topic: 'call-events', partition: 0, records: 9 }] })
  heartbeats.polled('calls', aPoll(140 * second))
  expect(blind).toEqual([['calls', 40]])
})

test('after a restart the time in between is told of each pipeline, also of one that is slower to begin', async () => {
  const { heartbeats, blind, store } = aWatch(
    new Map([
      ['calls', 40 * second],
      ['summaries', 50 * second],
    ]),
  )
  heartbeats.looked('calls', 100 * second)
  await heartbeats.round(store, 100 * second)
  heartbeats.looked('summaries', 130 * second)
  heartbeats.looked('calls', 120 * second)
  await heartbeats.round(store, 130 * second)
  expect(blind).toEqual([
    ['calls', 60],
    ['summaries', 80],
  ])
})

test('a pipeline that looked at a time that was never now beats on by the present', async () => {
  const { heartbeats, blind, beats } = aWatch()
  heartbeats.looked('calls', 100 * second)
  heartbeats.looked('calls', 86_400 * second)
  for (let at = 110 * second; at <= 130 * second; at += second) heartbeats.polled('calls', aPoll(at))
  expect((await beats()).slice(-3)).toEqual([110, 120, 130].map((at) => at * second))
  expect(blind.length).toBe(1)
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallRecord } from '#contracts/call-record.ts'
import type { NewRecord } from '#contracts/event-log.ts'
import { aStage, type Flow, type Stage, startFlow } from './flow.ts'

/**
 * Calls of two minutes with a hundred seconds of 20 % loss in them, and beside that evidence which must not hide it: of the
 * whole way from messages to records.
 */
let flow: Flow
beforeAll(async () => {
  flow = await startFlow(Date.now())
})
afterAll(() => flow?.stop())

const ends = Array.from({ length: 10 }, (_, n) => 12 + 10 * n)
const tenSeconds = { leg_id: undefined, observer: 'sbc', interval_ms: 10_000, codec: 'PCMA' }
const quiet = { jitter_ms: undefined, round_trip_ms: undefined }
const good = { ...tenSeconds, ...quiet, packets_received: 500, packets_lost: 0 }
const bad = { ...good, packets_received: 400, packets_lost: 100 }

function aCall({ event, at }: Stage, id: string, samples: readonly NewRecord[]): readonly NewRecord[] {
  return [
    event(id, 'call.started', at(0)),
    event(id, 'call.answered', at(2)),
    ...samples,
    event(id, 'call.ended', at(130), { sip_code: 200 }),
  ]
}

type Samples = (stage: Stage) => readonly NewRecord[]

/** The same at ten moments. */
const tenTimes =
  (data: (end: number, n: number) => object, moment: (end: number) => number = (end) => end): Samples =>
  ({ sample, at }) =>
    ends.map((end, n) => sample('c', at(moment(end)), data(end, n)))

const beside =
  (...all: readonly Samples[]): Samples =>
  (stage) =>
    all.flatMap((samples) => samples(stage))

const one =
  (end: number, data: object): Samples =>
  ({ sample, at }) => [sample('c', at(end), data)]

const report = { ...good, scope: 'call', interval_ms: 128_000, packets_received: 3_000, packets_lost: 3_400 }

const stillPoor: Readonly<Record<string, Samples>> = {
  'beside one good sample that says it lasted a day': beside(
    tenTimes(() => bad),
    one(115, { ...good, interval_ms: 86_400_000 }),
  ),
  'where running counters saw it, and one good second of intervals did not': beside(
    tenTimes((_, n) => ({
      ...{ ...good, scope: 'cumulative', interval_ms: undefined, ssrc: 1 },
      ...{ packets_received: 400 * (n + 1), packets_lost: 100 * (n + 1) },
    })),
    one(5, { ...good, interval_ms: 1_000, packets_received: 50 }),
  ),
  'where the report on the whole call saw it, and one good interval did not': beside(one(12, good), one(130, report)),
  'where the report on the whole call ends with a good interval of its source': beside(
    one(130, good),
    one(130, report),
  ),
  'where the observer’s clock is 40 s behind, and puts the bad time before the answer': tenTimes(
    (_, n) => (n < 4 ? bad : good),
    (end) => end - 40,
  ),
  'where the observer’s clock is 40 s ahead, and puts the bad time after the end': tenTimes(
    (_, n) => (n < 7 ? good : bad),
    (end) => end + 70,
  ),
}

const others = {
  skew: tenTimes(
    () => bad,
    (end) => end - 40,
  ),
  lostOnly: tenTimes(() => ({ ...good, packets_received: undefined, packets_lost: 100 })),
  withoutCodec: beside(
    tenTimes(() => bad),
    tenTimes(() => ({ ...good, observer: 'browser', codec: undefined })),
  ),
  gauge: tenTimes((_, n) => (n < 2 ? { ...good, jitter_ms: 5 } : { ...good, jitter_ms: 400, packets_received: 0 })),
  sliding: tenTimes(
    (end) => ({ ...good, interval_ms: 60_000, packets_received: 50 * Math.min(60, end + 20 - 2) }),
    (end) => end + 20,
  ),
} satisfies Readonly<Record<string, Samples>>

/** All calls are sent before the first test, and settle together. */
const records = new Map<string, Omit<CallRecord, 'tenant'>>()
beforeAll(async () => {
  const cases = Object.entries({ ...stillPoor, ...others })
  const stages = cases.map(() => aStage(flow))
  await flow.deliver(
    ...cases.flatMap(([, samples], n) => {
      const stage = stages[n] as Stage
      return aCall(stage, 'c', samples(stage))
    }),
  )
  const settled = await flow.allSettled(stages.map(({ tenant }) => tenant))
  for (const [n, [name]] of cases.entries()) {
    const record = settled[n]?.c
    if (record !== undefined) records.set(name, record)
  }
})

const recordOf = (name: string): Omit<CallRecord, 'tenant'> => {
  const record = records.get(name)
  if (record === undefined) throw new Error(`no record of ${name}`)
  return record
}

describe('a bad call stays bad', () => {
  test.each(Object.keys(stillPoor))('%s', (name) => {
    expect(recordOf(name).verdict.class).toBe('poor')
  })
})

test('a clock that is off is a finding of the call', () => {
  expect(recordOf('skew').verdict.findings.find(({ type }) => type === 'clock_skew')?.text).toBe(
    "the clock of the sbc is at least 38 s behind the call's events",
  )
})

test('losses of unknown how many are neither good nor bad', () => {
  expect(recordOf('lostOnly').verdict).toMatchObject({ class: 'unclassified', unclassified: 'not_judgeable' })
})

test('the worst MOS is of the view that saw the worst, though another without a codec is nearer to the listener', () => {
  const { worstMos, verdict } = recordOf('withoutCodec')
  expect(verdict.class).toBe('poor')
  expect(worstMos?.value).toBeLessThan(2)
})

test('a jitter gauge that kept its value while nothing came is no part of the mean', () => {
  expect(recordOf('gauge').streams.map(({ jitterMs, jitterMaxMs }) => [jitterMs, jitterMaxMs])).toEqual([[5, 5]])
})

test('a window of a minute that is sent every ten seconds does not count its time six times', () => {
  const [stream, ...more] = recordOf('sliding').streams
  expect(more).toEqual([])
  expect(stream?.measuredMs).toBe(122_000)
  // Each counts for the time since the one before it; one that is alone in its minute counts whole.
  expect(stream?.packetsReceived).toBeLessThan(50 * (122 + 60))
  expect(stream?.mos.find(({ kind }) => kind === 'listening')?.seconds).toBeLessThan(122 + 60)
})

test('two SBCs of one call, told apart by their source alone, are two views, whatever the order', async () => {
  const stages = Array.from({ length: 6 }, () => aStage(flow))
  for (const [n, stage] of stages.entries()) {
    const { sample, at } = stage
    const views = ends.flatMap((end) => [
      sample('c', at(end), { ...good, packets_received: 500 + n }, { source: '/inside' }),
      sample('c', at(end), { ...bad, packets_received: 400 + n }, { source: '/outside' }),
    ])
    await flow.deliver(...aCall(stage, 'c', n % 2 === 0 ? views : views.toReversed()))
  }
  const records = (await flow.allSettled(stages.map(({ tenant }) => tenant))).map(({ c }) => c)
  expect(records.map((record) => record?.verdict.class)).toEqual(stages.map(() => 'poor'))
  expect(records.map((record) => record?.streams.map(({ source, class: is }) => [source, is]))).toEqual(
    stages.map(() => [
      ['/inside', 'good'],
      ['/outside', 'poor'],
    ]),
  )
  const [[count] = []] = await flow.rows<[number]>(
    `SELECT count() FROM quality_samples FINAL WHERE tenant IN (${stages.map(({ tenant }) => `'${tenant}'`).join(', ')})`,
  )
  expect(count).toBe(6 * 20)
})

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

async function recordOf(samples: Samples): Promise<Omit<CallRecord, 'tenant'>> {
  const stage = aStage(flow)
  await flow.deliver(...aCall(stage, 'c', samples(stage)))
  const record = (await flow.settled(stage.tenant)).c
  if (record === undefined) throw new Error('no record')
  return record
}

const badAll: Samples = ({ sample, at }) => ends.map((end) => sample('c', at(end), bad))

describe('a bad call stays bad', () => {
  const beside: readonly (readonly [string, Samples])[] = [
    [
      'beside one good sample that says it lasted a day',
      (stage) => [...badAll(stage), stage.sample('c', stage.at(115), { ...good, interval_ms: 86_400_000 })],
    ],
    [
      'where running counters saw it, and one good second of intervals did not',
      ({ sample, at }) => [
        ...ends.map((end, n) =>
          sample('c', at(end), {
            ...{ ...good, scope: 'cumulative', interval_ms: undefined, ssrc: 1 },
            ...{ packets_received: 400 * (n + 1), packets_lost: 100 * (n + 1) },
          }),
        ),
        sample('c', at(5), { ...good, interval_ms: 1_000, packets_received: 50 }),
      ],
    ],
    [
      'where the report on the whole call saw it, and one good interval did not',
      ({ sample, at }) => [
        sample('c', at(12), good),
        sample('c', at(130), {
          ...{ ...good, scope: 'call', interval_ms: 128_000 },
          ...{ packets_received: 3_000, packets_lost: 3_400 },
        }),
      ],
    ],
    [
      'where the report on the whole call ends with a good interval of its source',
      ({ sample, at }) => [
        sample('c', at(130), good),
        sample('c', at(130), {
          ...{ ...good, scope: 'call', interval_ms: 128_000 },
          ...{ packets_received: 3_000, packets_lost: 3_400 },
        }),
      ],
    ],
    [
      'where the observer’s clock is 40 s behind, and puts the bad time before the answer',
      ({ sample, at }) => ends.map((end, n) => sample('c', at(end - 40), n < 4 ? bad : good)),
    ],
    [
      'where the observer’s clock is 40 s ahead, and puts the bad time after the end',
      ({ sample, at }) => ends.map((end, n) => sample('c', at(end + 70), n < 7 ? good : bad)),
    ],
  ]

  test.each(beside)('%s', async (_what, samples) => {
    expect((await recordOf(samples)).verdict.class).toBe('poor')
  })
})

test('a clock that is off is a finding of the call', async () => {
  const { verdict } = await recordOf(({ sample, at }) => ends.map((end) => sample('c', at(end - 40), bad)))
  expect(verdict.findings.find(({ type }) => type === 'clock_skew')?.text).toBe(
    "the clock of the sbc is at least 38 s behind the call's events",
  )
})

test('losses of unknown how many are neither good nor bad', async () => {
  const { verdict } = await recordOf(({ sample, at }) =>
    ends.map((end) => sample('c', at(end), { ...good, packets_received: undefined, packets_lost: 100 })),
  )
  expect(verdict).toMatchObject({ class: 'unclassified', unclassified: 'not_judgeable' })
})

test('the worst MOS is of the view that saw the worst, though another without a codec counts for talk time', async () => {
  const { worstMos, verdict } = await recordOf(({ sample, at }) => [
    ...ends.map((end) => sample('c', at(end), bad)),
    ...ends.map((end) => sample('c', at(end), { ...good, observer: 'browser', codec: undefined })),
  ])
  expect(verdict.class).toBe('poor')
  expect(worstMos?.value).toBeLessThan(2)
})

test('a jitter gauge that kept its value while nothing came is no part of the mean', async () => {
  const { streams } = await recordOf(({ sample, at }) => [
    ...ends.slice(0, 2).map((end) => sample('c', at(end), { ...good, jitter_ms: 5 })),
    ...ends.slice(2).map((end) => sample('c', at(end), { ...good, jitter_ms: 400, packets_received: 0 })),
  ])
  expect(streams.map(({ jitterMs, jitterMaxMs }) => [jitterMs, jitterMaxMs])).toEqual([[5, 5]])
})

test('a window of a minute that is sent every ten seconds does not count its time six times', async () => {
  const { streams } = await recordOf(({ sample, at }) =>
    ends.map((end) => {
      const seconds = Math.min(60, end + 20 - 2)
      return sample('c', at(end + 20), { ...good, interval_ms: 60_000, packets_received: 50 * seconds })
    }),
  )
  expect(streams.map(({ measuredMs }) => measuredMs)).toEqual([122_000])
  // Each counts for the time since the one before it; one that is alone in its minute counts whole.
  const [stream] = streams
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

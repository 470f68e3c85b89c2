import type { ClickHouseClient } from '@clickhouse/client'
import { withOverrides } from '#quality/codecs.ts'
import { defaultProfile } from '#quality/profile.ts'
import { createIntervalScorer, type MeasuredInterval } from '#quality/score-interval.ts'
import { type ScoredColumn, scoringLayers, scoringOutputs } from '#quality/score-interval-sql.ts'
import { createLoad } from '#simulator/index.ts'
import { connectWarehouse, rowsOf, run } from '#warehouse/client.ts'
import { listMigrations, migrateWarehouse } from '#warehouse/migrate.ts'
import { createMinuteStore } from '#warehouse/summaries/minute-store.ts'
import type { BenchCase } from '../bench-case.ts'
import { callsOf, type LoadCall } from '../load-calls.ts'
import { median, seconds, secondsOf } from '../measure.ts'
import { seedSamples } from '../seed-warehouse.ts'

const perStream = 60
const intervalMs = 1_000
const minuteMs = 60_000

/** The one scorer in its two forms: TypeScript for live labels, SQL for what is stored. */
export const quality: BenchCase = {
  name: 'quality',
  title: 'scoring intervals in TypeScript and in SQL',
  async run({ quick, folder, note }) {
    const rounds = quick ? 1 : 5
    const calls = quick ? 500 : 25_000
    const perSecond = scoreInTypeScript(quick ? 50_000 : 1_000_000, rounds)
    note('laying samples of one minute into raw')
    const client = await connectWarehouse({ location: { path: `${folder}/warehouse` } })
    const single = await connectWarehouse({ location: { path: `${folder}/warehouse` }, maxThreads: 1 })
    await migrateWarehouse(client, await listMigrations())
    const all = callsInOneMinute(calls)
    const samples = await seedSamples(client, { calls: all, perStream: () => perStream, intervalMs })
    await run(client, 'OPTIMIZE TABLE quality_samples FINAL')
    note(`making minutes of ${samples} samples, ${rounds} rounds`)
    const took = await makeMinutes(client, single, all, rounds)
    const [made] = await rowsOf<[number]>(client, 'SELECT sum(row_count) FROM call_minutes FINAL')
    if (made?.[0] !== samples) throw new Error(`minutes hold ${made?.[0]} of ${samples} samples`)
    await client.close()
    await single.close()
    return {
      sizes: { calls, samples, rounds },
      figures: { typescriptPerSecond: perSecond, ...took },
      ratios: {
        scoredToUnscored: took.scoredSeconds / took.unscoredSeconds,
        scoredToUnscoredOneThread: took.scoredOneThreadSeconds / took.unscoredOneThreadSeconds,
      },
      aims: [],
      notes: [
        'Minutes of one minute of all calls through the real minute store (raw -> call_minutes, insert included), median of the rounds.',
        'unscored: the same statement, its scoring layers replaced by constants. OneThread: max_threads = 1.',
      ],
    }
  },
}

function scoreInTypeScript(count: number, rounds: number): number {
  const score = createIntervalScorer(defaultProfile)
  const codecs = ['PCMA', 'PCMU', 'G729A', 'opus']
  const intervals = Array.from({ length: count }, (_, at): MeasuredInterval => {
    const lost = at % 20 === 0 ? (at % 37) + 1 : 0
    return {
      kind: 'audio',
      codec: codecs[at % codecs.length] ?? '',
      early: false,
      packetsReceived: 250 - lost,
      packetsLost: lost,
      packetsDiscarded: at % 33 === 0 ? 1 : 0,
      jitterTenthMs: 15 + (at % 91),
      roundTripTenthMs: 240 + (at % 301),
    }
  })
  let bits = 0
  const took = Array.from({ length: rounds + 1 }, () =>
    seconds(() => {
      for (const interval of intervals) bits |= score(interval).mask
    }),
  )
  if (bits === 0) throw new Error('nothing was scored')
  return count / median(took.slice(1))
}

/** Answered on a full minute less one interval, so that all samples end within one minute. */
function callsInOneMinute(calls: number): readonly LoadCall[] {
  const minute = Math.floor(Date.now() / minuteMs) * minuteMs - 10 * minuteMs
  const load = createLoad({ seed: 6, calls, startMs: minute })
  return callsOf(load).map((call) => ({ ...call, startedMs: minute - intervalMs - 8_000 }))
}

/** What the aggregation reads of a score, as constants of the same types. */
const unscored: readonly ScoredColumn[] = scoringOutputs.map((name) => ({ name, expression: constantOf(name) }))

function constantOf(name: (typeof scoringOutputs)[number]): string {
  if (name === 'codec_row' || name === 'band') return "''"
  if (name === 'mos_listening' || name === 'mos_conversational') return 'CAST(NULL AS Nullable(UInt16))'
  return name === 'mask' ? 'toUInt16(1)' : 'toUInt8(0)'
}

const stamp = {
  codecRows: withOverrides(defaultProfile.codecs),
  formulaVersion: 'bench',
  profileVersion: 'bench',
}

async function makeMinutes(
  client: ClickHouseClient,
  single: ClickHouseClient,
  calls: readonly LoadCall[],
  rounds: number,
) {
  const scored = scoringLayers(defaultProfile)
  const ways = {
    scoredSeconds: { client, layers: scored },
    unscoredSeconds: { client, layers: [unscored] },
    scoredOneThreadSeconds: { client: single, layers: scored },
    unscoredOneThreadSeconds: { client: single, layers: [unscored] },
  }
  const minute = Math.floor(((calls[0]?.startedMs ?? 0) + minuteMs) / minuteMs)
  const still = { rescore: false, cumulative: false, urgency: 'running' } as const
  const dirty = calls.map(({ tenant, id }) => ({ tenant, id, minutes: [minute], ...still }))
  const took = Object.fromEntries(Object.keys(ways).map((name) => [name, [] as number[]]))
  let version = 0
  for (let round = 0; round < rounds; round++) {
    for (const [name, { client: on, layers }] of Object.entries(ways)) {
      const scoring = { ...stamp, layers }
      const store = createMinuteStore({ client: on, scoringOf: () => scoring })
      version += 1
      took[name]?.push(await secondsOf(() => store.recompute(dirty, { version, logNowMs: Date.now() })))
    }
  }
  const medianOf = (name: keyof typeof ways) => median(took[name] ?? [])
  return {
    scoredSeconds: medianOf('scoredSeconds'),
    unscoredSeconds: medianOf('unscoredSeconds'),
    scoredOneThreadSeconds: medianOf('scoredOneThreadSeconds'),
    unscoredOneThreadSeconds: medianOf('unscoredOneThreadSeconds'),
  }
}

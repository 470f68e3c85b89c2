import type { ClickHouseClient } from '@clickhouse/client'
import type { CallFilter } from '#contracts/warehouse.ts'
import { createLoad } from '#simulator/index.ts'
import { rowsOf, run } from '#warehouse/client.ts'
import { createCallReader } from '#warehouse/read/call-reader.ts'
import type { BenchCase } from '../bench-case.ts'
import { feed } from '../feed.ts'
import { openInstall } from '../install.ts'
import { callsOf } from '../load-calls.ts'
import { quantile, secondsOf, wait } from '../measure.ts'
import { seedSamples } from '../seed-warehouse.ts'

const dayMs = 86_400_000
const samplesPerCall = 100

interface Sizes {
  /** Calls whose records are made from their samples. */
  readonly made: number
  /** Each record stands so many times, under other ids and earlier. */
  readonly copies: number
  readonly openCalls: number
  readonly samplesPerSecond: number
  readonly rounds: number
}

/** What the list of calls waits for, page after page and filter after filter, while samples come in. */
export const callList: BenchCase = {
  name: 'call-list',
  title: 'pages of the list of calls, among a million, while samples come in',
  async run({ quick, folder, note }) {
    const sizes: Sizes = quick
      ? { made: 1_000, copies: 2, openCalls: 100, samplesPerSecond: 1_000, rounds: 3 }
      : { made: 100_000, copies: 10, openCalls: 1_000, samplesPerSecond: 10_000, rounds: 40 }
    const install = await openInstall(folder)
    const { warehouse, log } = install
    const past = createLoad({ seed: 4, calls: sizes.made, startMs: Date.now() - dayMs / 2, oldestMs: dayMs / 2 })
    const calls = callsOf(past)
    note(`laying ${sizes.made * samplesPerCall} samples of ${sizes.made} calls into raw`)
    const samples = await seedSamples(warehouse, { calls, perStream: () => samplesPerCall / 2, intervalMs: 5_000 })
    const starts = [...past.starts()].map(({ topic, key, value }) => ({ topic, key, value }))
    for (let from = 0; from < starts.length; from += 5_000) await log.append(starts.slice(from, from + 5_000))
    const pipelines = await install.startPipelines()
    const computeSeconds = await secondsOf(() => pipelines.drained())
    note(`records made in ${computeSeconds.toFixed(1)} s; copying them`)
    await copyCalls(warehouse, sizes.copies)
    const [stored] = await rowsOf<[number]>(warehouse, 'SELECT count() FROM calls FINAL WHERE is_deleted = 0')

    const load = createLoad({
      seed: 5,
      calls: sizes.openCalls,
      samplesPerSecond: sizes.samplesPerSecond,
      startMs: Date.now(),
    })
    const live = [...load.starts()].map(({ topic, key, value }) => ({ topic, key, value }))
    await log.append(live)
    const feeding = new AbortController()
    const feeder = feed({ log, load, ended: new Set(), signal: feeding.signal })
    await wait(quick ? 2_000 : 20_000)
    note(`${stored?.[0]} calls; ${sizes.samplesPerSecond} samples/s; asking`)
    const { pagesMs, byKind, bareMs } = await askAll(await install.connect(), sizes.rounds)
    feeding.abort()
    const fed = await feeder
    await install.stop()
    return {
      sizes: { calls: stored?.[0] ?? 0, samples, openCalls: sizes.openCalls, samplesPerSecond: sizes.samplesPerSecond },
      figures: {
        p50Ms: quantile(pagesMs, 0.5),
        p95Ms: quantile(pagesMs, 0.95),
        maxMs: quantile(pagesMs, 1),
        ...Object.fromEntries([...byKind].map(([kind, ms]) => [`${kind}P95Ms`, quantile(ms, 0.95)])),
        bareQueryP50Ms: quantile(bareMs, 0.5),
        fedPerSecond: fed.samples.sent / fed.samples.seconds,
      },
      ratios: { pageToBareQuery: quantile(pagesMs, 0.5) / quantile(bareMs, 0.5) },
      aims: [{ what: 'a page of the list, p95 ms', aim: 200, better: 'less', got: quantile(pagesMs, 0.95) }],
      notes: [
        'Records were made by the real pipelines from samples laid into raw by SQL; the rest of the million are copies of them under other ids, earlier.',
        'CallReader.list of 100 calls each, every kind of filter and sort in turn, three pages deep; pipelines on, samples coming in.',
      ],
    }
  },
}

/** Twelve hours earlier each time, under ids that no call has. */
async function copyCalls(client: ClickHouseClient, copies: number): Promise<void> {
  for (let copy = 1; copy < copies; copy++) {
    await run(
      client,
      `INSERT INTO calls SELECT * REPLACE (concat(id, {mark:String}) AS id, at - INTERVAL ${12 * copy} HOUR AS at,
         [concat(id, {mark:String})] AS members, ended_at - INTERVAL ${12 * copy} HOUR AS ended_at)
       FROM (SELECT * FROM calls FINAL WHERE is_deleted = 0 AND NOT endsWith(id, '-copy'))`.replaceAll(
        '{mark:String}',
        `'-${copy}-copy'`,
      ),
    )
  }
}

const filters: readonly (readonly [string, Partial<CallFilter>])[] = [
  ['all', {}],
  ['poor', { class: ['poor'] }],
  ['tenant', { tenant: 'acme' }],
  ['carrier', { carrier: 'northtel' }],
]

async function askAll(client: ClickHouseClient, rounds: number) {
  const reader = createCallReader(client)
  const pagesMs: number[] = []
  const bareMs: number[] = []
  const byKind = new Map<string, number[]>()
  for (let round = 0; round < rounds; round++) {
    for (const [kind, filter] of filters) {
      let cursor: string | undefined
      for (let page = 0; page < 3; page++) {
        const started = performance.now()
        const { nextCursor } = await reader.list({ ...filter, limit: 100, ...(cursor === undefined ? {} : { cursor }) })
        const tookMs = performance.now() - started
        pagesMs.push(tookMs)
        byKind.set(kind, [...(byKind.get(kind) ?? []), tookMs])
        cursor = nextCursor
        if (cursor === undefined) break
      }
    }
    bareMs.push(1_000 * (await secondsOf(() => rowsOf(client, 'SELECT 1'))))
  }
  return { pagesMs, bareMs, byKind }
}

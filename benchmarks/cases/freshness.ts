import type { ClickHouseClient } from '@clickhouse/client'
import type { CallRecord } from '#contracts/call-record.ts'
import { createLoad } from '#simulator/index.ts'
import { insertRows, rowsOf, run } from '#warehouse/client.ts'
import { momentsParam, momentText } from '#warehouse/read/conditions.ts'
import type { Aim, BenchCase, CaseOptions } from '../bench-case.ts'
import { feed } from '../feed.ts'
import { type Install, openInstall } from '../install.ts'
import { callsOf, type LoadCall } from '../load-calls.ts'
import { quantile, secondsOf, wait } from '../measure.ts'
import { createProbes, type ProbeKind, type Probes, probeKinds } from '../probes.ts'
import { watchResources } from '../resources.ts'
import { seedSamples } from '../seed-warehouse.ts'

const oldestMs = 2 * 3_600_000

interface Sizes {
  readonly calls: number
  readonly samplesPerSecond: number
  readonly warmUpMs: number
  readonly measureMs: number
  readonly probeEveryMs: number
}

/** How soon what happens is seen, while samples come at a steady rate and half of the open calls are older than an hour. */
export function freshness({ calls, quickCalls }: { readonly calls: number; readonly quickCalls: number }): BenchCase {
  return {
    name: `freshness-${calls / 1_000}k`,
    title: `from append to calls, ${calls} open calls, half of them older than an hour`,
    run: (options) =>
      measure(
        options.quick
          ? { calls: quickCalls, samplesPerSecond: 1_000, warmUpMs: 3_000, measureMs: 10_000, probeEveryMs: 200 }
          : { calls, samplesPerSecond: 10_000, warmUpMs: 40_000, measureMs: 90_000, probeEveryMs: 150 },
        options,
      ),
  }
}

async function measure(sizes: Sizes, { folder, note }: CaseOptions) {
  const install = await openInstall(folder)
  const { calls, startSeconds, historySamples } = await prepare(install, sizes, note)
  const client = await install.connect()
  const bareMs = 1_000 * (await bareWriteAndRead(client))

  const startMs = Date.now()
  const { samplesPerSecond } = sizes
  const load = createLoad({ seed: 3, calls: sizes.calls, samplesPerSecond, startMs, oldestMs })
  const ended = new Set<string>()
  const feeding = new AbortController()
  const feeder = feed({ log: install.log, load, ended, signal: feeding.signal })
  note(`${samplesPerSecond} samples/s; warming up`)
  await wait(sizes.warmUpMs)

  const good = await goodCalls(client)
  const probes = createProbes({ log: install.log, client, load, calls, good, onEnd: ({ id }) => ended.add(id) })
  note(`measuring for ${sizes.measureMs / 1_000} s`)
  const resources = watchResources(() => ({ toStore: install.behind('calls'), toApply: install.behind('summaries') }))
  const live = { startMs, intervalMs: load.intervalMs, calls, ended }
  const agesMs = await probeFor(sizes, probes, { client: await install.connect(), live })
  const used = resources.stop()
  feeding.abort()
  const { samples, latestMs } = await feeder
  await install.stop()

  const wall = used.points.at(-1)?.second ?? 1
  const worstP99 = Math.max(...probeKinds.map((kind) => quantile(probes.seenMs[kind], 0.99))) / 1_000
  const aims: Aim[] = [
    { what: 'event, end and class change in calls, p99 s', aim: 5, better: 'less', got: worstP99 },
    { what: 'age of running figures, s', aim: 30, better: 'less', got: quantile(agesMs, 1) / 1_000 },
  ]
  return {
    sizes: { ...sizes, intervalMs: load.intervalMs, historySamples, agesLookedAt: agesMs.length },
    figures: {
      ...Object.assign({}, ...probeKinds.map((kind) => seenFigures(kind, probes.seenMs[kind]))),
      neverSeen: probes.pending,
      ageP50Seconds: quantile(agesMs, 0.5) / 1_000,
      ageP99Seconds: quantile(agesMs, 0.99) / 1_000,
      ageMaxSeconds: quantile(agesMs, 1) / 1_000,
      fedPerSecond: samples.sent / samples.seconds,
      feederLateMaxSeconds: latestMs / 1_000,
      historyStartSeconds: startSeconds,
      cpuShareOfOneCore: (used.userSeconds + used.systemSeconds) / wall,
      mainThreadShare: used.mainThreadSeconds / wall,
      peakRssMiB: used.peakRssMiB,
      bareWriteAndReadMs: bareMs,
    },
    ratios: { eventP50ToBareWriteAndRead: quantile(probes.seenMs.event, 0.5) / bareMs },
    aims,
    notes: [
      'From before the append until a look (every 200 ms) finds it in calls: an event (recording stopped), one that has all minutes scored again (held), the end, a sample that makes a good call poor.',
      'Age: now less the end of the oldest sample that the record does not hold yet, over 200 open calls every 5 s.',
      'History (one sample a minute and stream since the answer) was laid into raw by SQL and recomputed by the real pipelines before the start: historyStartSeconds.',
      'Feeder, probes and looks run in the same process as the pipelines; bareWriteAndRead: one row inserted into an empty table and read back.',
    ],
    detail: {
      statements: install.statements.figures(),
      cpuSecondsByThread: used.byThread,
      overTime: used.points,
    },
  }
}

async function prepare(install: Install, sizes: Sizes, note: CaseOptions['note']) {
  const startMs = Date.now()
  const load = createLoad({ seed: 3, calls: sizes.calls, startMs, oldestMs })
  const calls = callsOf(load)
  const minutesOf = ({ startedMs }: LoadCall) => Math.floor((startMs - startedMs) / 60_000)
  const order = { calls, perStream: minutesOf, intervalMs: 60_000 }
  const historySamples = await seedSamples(install.warehouse, order)
  note(`history of ${historySamples} samples laid into raw; making ${calls.length} records`)
  const starts = [...load.starts()].map(({ topic, key, value }) => ({ topic, key, value }))
  for (let from = 0; from < starts.length; from += 5_000) await install.log.append(starts.slice(from, from + 5_000))
  const startSeconds = await secondsOf(async () => {
    const pipelines = await install.startPipelines()
    await pipelines.drained()
  })
  note(`made in ${startSeconds.toFixed(1)} s`)
  return { calls, historySamples, startSeconds }
}

async function goodCalls(client: ClickHouseClient): Promise<ReadonlySet<string>> {
  const rows = await rowsOf<[string]>(client, `SELECT id FROM calls FINAL WHERE is_deleted = 0 AND class = 'good'`)
  return new Set(rows.map(([id]) => id))
}

interface LiveLoad {
  readonly startMs: number
  readonly intervalMs: number
  readonly calls: readonly LoadCall[]
  readonly ended: ReadonlySet<string>
}

async function probeFor(
  { measureMs, probeEveryMs }: Sizes,
  probes: Probes,
  { client, live }: { readonly client: ClickHouseClient; readonly live: LiveLoad },
): Promise<readonly number[]> {
  const measuring = new AbortController()
  const watching = probes.watch(measuring.signal, 60_000)
  const agesMs: number[] = []
  const until = performance.now() + measureMs
  let looking: Promise<void> = Promise.resolve()
  let nextLook = 0
  while (performance.now() < until) {
    await probes.send()
    if (performance.now() >= nextLook) {
      nextLook = performance.now() + 5_000
      await looking
      looking = ages(client, live).then((found) => void agesMs.push(...found))
    }
    await wait(probeEveryMs)
  }
  measuring.abort()
  await Promise.all([watching, looking])
  return agesMs
}

const agesPerLook = 200
let look = 0

/** Of some open calls: how long ago the first sample ended that their record does not hold. 0: it holds all. */
async function ages(client: ClickHouseClient, live: LiveLoad): Promise<readonly number[]> {
  look += 1
  const step = Math.max(1, Math.floor(live.calls.length / agesPerLook))
  const chosen = [...live.calls.entries()].filter(([at, { id }]) => at % step === look % step && !live.ended.has(id))
  const askedMs = Date.now()
  const rows = await rowsOf<[string, string]>(
    client,
    `SELECT id, record FROM calls FINAL
     WHERE tenant IN {tenants:Array(String)} AND at IN ${momentsParam('ats')} AND id IN {ids:Array(String)} AND is_deleted = 0`,
    {
      tenants: [...new Set(chosen.map(([, { tenant }]) => tenant))],
      ats: chosen.map(([, { startedMs }]) => momentText(startedMs)),
      ids: chosen.map(([, { id }]) => id),
    },
  )
  const records = new Map(rows.map(([id, record]) => [id, JSON.parse(record) as CallRecord]))
  return chosen.flatMap(([at, { id, leg }]) => {
    const record = records.get(id)
    if (record === undefined) return []
    const held = (direction: string) =>
      record.streams.find((stream) => stream.legId === leg && stream.direction === direction)?.toMs ?? 0
    const missing = [nextAfter(held('send'), 2 * at, live), nextAfter(held('receive'), 2 * at + 1, live)]
    return [Math.max(0, askedMs - Math.min(...missing))]
  })
}

/** When the first live sample of a stream ends that lies after `heldMs`: streams take turns within an interval. */
function nextAfter(heldMs: number, stream: number, { startMs, intervalMs, calls }: LiveLoad): number {
  const firstMs = startMs + Math.floor((stream * intervalMs) / (2 * calls.length))
  return firstMs + Math.max(0, Math.floor((heldMs - firstMs) / intervalMs) + 1) * intervalMs
}

/** The least that it costs to make something visible: a row in, the row out. */
async function bareWriteAndRead(client: ClickHouseClient): Promise<number> {
  await run(client, 'CREATE TABLE bench_bare (id UInt32) ENGINE = MergeTree ORDER BY id')
  const took: number[] = []
  for (let id = 0; id < 20; id++) {
    took.push(
      await secondsOf(async () => {
        await insertRows(client, 'bench_bare', [{ id }])
        await rowsOf(client, `SELECT id FROM bench_bare WHERE id = ${id}`)
      }),
    )
  }
  await run(client, 'DROP TABLE bench_bare')
  return quantile(took, 0.5)
}

const seenFigures = (kind: ProbeKind, ms: readonly number[]): Record<string, number> => ({
  [`${kind}Count`]: ms.length,
  [`${kind}P50Seconds`]: quantile(ms, 0.5) / 1_000,
  [`${kind}P99Seconds`]: quantile(ms, 0.99) / 1_000,
})

import { rowsOf } from '#warehouse/client.ts'
import type { BenchCase, CaseOptions } from '../bench-case.ts'
import { diskOf } from '../disk-use.ts'
import { type Install, openInstall } from '../install.ts'
import { wait } from '../measure.ts'
import { watchResources } from '../resources.ts'
import { seedLog } from '../seed-log.ts'

/** The main job: everything is in the log already, and is read to the end by a fresh process with every pipeline on. */
export const spine: BenchCase = {
  name: 'spine',
  title: 'log -> raw -> call minutes -> calls, all pipelines on',
  async run(options) {
    const { folder, note } = options
    const calls = options.quick ? 5_000 : 50_000
    const samples = sizeFromEnvironment() ?? (options.quick ? 300_000 : 5_000_000)
    note(`appending ${samples} samples of ${calls} open calls`)
    const seeded = await seedLog({ folder, calls, samples })
    note(`appended in ${seeded.appendSeconds.toFixed(1)} s; reading them all`)
    const install = await openInstall(folder)
    const measured = await readToEnd(install, options, samples)
    const rows = await rowCounts(install)
    const disk = await diskOf(install.warehouse, 'quality_samples')
    await install.stop()

    const { resources, storedSeconds, appliedSeconds, doneSeconds } = measured
    const baseline = samples / seeded.readAndParseSeconds
    const perSecond = samples / doneSeconds
    return {
      sizes: { calls, samples, messages: seeded.messages, messageBytes: seeded.bytes },
      figures: {
        samplesPerSecond: perSecond,
        storedPerSecond: samples / storedSeconds,
        appliedPerSecond: samples / appliedSeconds,
        appendedPerSecond: seeded.messages / seeded.appendSeconds,
        readBarePerSecond: seeded.messages / seeded.readSeconds,
        readAndParseBarePerSecond: baseline,
        ...{ storedSeconds, appliedSeconds, doneSeconds },
        peakRssMiB: resources.peakRssMiB,
        rssSlopeMiBPerMinute: resources.rssSlopeMiBPerMinute,
        userSeconds: resources.userSeconds,
        systemSeconds: resources.systemSeconds,
        mainThreadSeconds: resources.mainThreadSeconds,
        cpuMicrosecondsPerSample: (1e6 * (resources.userSeconds + resources.systemSeconds)) / samples,
        mainThreadMicrosecondsPerSample: (1e6 * resources.mainThreadSeconds) / samples,
        ...rows,
        sampleBytesOnDisk: disk.bytesPerRow,
      },
      ratios: { spineToBareReadAndParse: perSecond / baseline },
      aims: [
        { what: 'log -> calls, samples/s', aim: 60_000, better: 'more', got: perSecond },
        { what: 'log -> calls, samples/s (wished for)', aim: 100_000, better: 'more', got: perSecond },
        { what: 'resident memory, MiB', aim: 3_072, better: 'less', got: resources.peakRssMiB },
      ],
      notes: [
        'All messages were durably appended before the clock started; another process did so.',
        'stored: raw acknowledged, announced and committed. applied: nothing but figures of open calls waits for its 15 s. done: every record written and committed; this is what the aim is held against.',
        'rssSlope: least squares over the second half of the run.',
      ],
      detail: {
        statements: install.statements.figures(),
        cpuSecondsByThread: resources.byThread,
        overTime: resources.points,
      },
    }
  },
}

/** For looking at one size between: BENCH_SAMPLES=1000000. */
function sizeFromEnvironment(): number | undefined {
  const { BENCH_SAMPLES } = process.env
  return BENCH_SAMPLES === undefined ? undefined : Number(BENCH_SAMPLES)
}

/** Held by the backlog on purpose: running figures wait this long (docs/architecture.md, promise 3). */
const runningDelaySeconds = 15

async function readToEnd(install: Install, { note }: CaseOptions, samples: number) {
  const watch = watchResources(() => ({ toStore: install.behind('calls'), toApply: install.behind('summaries') }))
  const started = performance.now()
  const elapsed = () => (performance.now() - started) / 1_000
  const pipelines = await install.startPipelines()
  // Until it has joined, a group is behind nobody.
  while (!install.log.groups().includes('calls') || install.behind('calls') > 0) await wait(100)
  const storedSeconds = elapsed()
  note(`stored in ${storedSeconds.toFixed(1)} s: ${Math.round(samples / storedSeconds)} samples/s`)
  await pipelines.drained()
  const doneSeconds = elapsed()
  note(`done in ${doneSeconds.toFixed(1)} s: ${Math.round(samples / doneSeconds)} samples/s`)
  const appliedSeconds = Math.max(storedSeconds, doneSeconds - runningDelaySeconds)
  return { storedSeconds, appliedSeconds, doneSeconds, resources: watch.stop() }
}

async function rowCounts({ warehouse }: Install): Promise<Readonly<Record<string, number>>> {
  const tables = ['quality_samples', 'call_events', 'call_links', 'call_minutes', 'call_keys', 'calls']
  const counts: Record<string, number> = {}
  for (const table of tables) {
    const [row] = await rowsOf<[number]>(warehouse, `SELECT count() FROM ${table} FINAL`)
    counts[`rows_${table}`] = row?.[0] ?? 0
  }
  const written = await rowsOf<[string, number]>(
    warehouse,
    `SELECT event, value FROM system.events WHERE event IN ('InsertedRows', 'MergedRows', 'SelectedRows')`,
  )
  return { ...counts, ...Object.fromEntries(written) }
}

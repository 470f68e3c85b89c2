import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { NewRecord } from '#contracts/event-log.ts'
import { createLoad } from '#simulator/index.ts'
import { lagOf, openStackInstall, type StackInstall } from '#tests/stack/faults/install.ts'
import type { BenchCase, CaseOptions } from '../bench-case.ts'
import { secondsOf, wait } from '../measure.ts'
import { type ProcessFigures, watchProcess } from '../process-watch.ts'

/** One worker, then two, on a real broker, a warehouse over HTTP and a PostgreSQL; beside a bare consumer of the same topics. */
export const kafka: BenchCase = {
  name: 'kafka',
  title: 'Kafka -> stores: one worker against a bare consumer, two workers against one',
  async run(options) {
    const samples = sizeFromEnvironment() ?? (options.quick ? 50_000 : 1_000_000)
    const calls = options.quick ? 1_000 : 10_000
    const one = await readToEnd(options, { samples, calls, workers: 1 })
    const two = await readToEnd(options, { samples, calls, workers: 2 })
    const perSecond = (seconds: number): number => samples / seconds
    return {
      sizes: { calls, samples },
      figures: {
        barePerSecond: perSecond(one.bareSeconds),
        appendedPerSecond: perSecond(one.appendSeconds),
        storedPerSecond: perSecond(one.storedSeconds),
        samplesPerSecond: perSecond(one.doneSeconds),
        storedPerSecondOfTwo: perSecond(two.storedSeconds),
        samplesPerSecondOfTwo: perSecond(two.doneSeconds),
        workerPeakRssMiB: Math.max(...one.processes.map(({ peakRssMiB }) => peakRssMiB)),
        workerCpuSeconds: one.processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
        ...{ storedSeconds: one.storedSeconds, doneSeconds: one.doneSeconds, bareSeconds: one.bareSeconds },
      },
      ratios: {
        storedToBare: one.bareSeconds / one.storedSeconds,
        doneToBare: one.bareSeconds / one.doneSeconds,
        twoToOneStored: one.storedSeconds / two.storedSeconds,
        twoToOneDone: one.doneSeconds / two.doneSeconds,
      },
      aims: [
        {
          what: 'stored / bare kafkajs with JSON.parse',
          aim: 0.4,
          better: 'more',
          got: one.bareSeconds / one.storedSeconds,
        },
      ],
      notes: [
        'Broker, warehouse (the embedded engine behind the test front), PostgreSQL and workers share the same cores.',
        'stored: every sample acknowledged by the warehouse, announced and committed. done: every record computed, less the 17 s for which running figures are put off on purpose are NOT taken off.',
        'bare: another kafkajs consumer of the same topics in a process of its own, with JSON.parse of every value and nothing else, before the workers start.',
      ],
    }
  },
}

/** For looking at one size between: BENCH_SAMPLES=1000000. */
function sizeFromEnvironment(): number | undefined {
  const { BENCH_SAMPLES } = process.env
  return BENCH_SAMPLES === undefined ? undefined : Number(BENCH_SAMPLES)
}

interface Sizes {
  readonly samples: number
  readonly calls: number
  readonly workers: number
}

interface Measured {
  readonly bareSeconds: number
  readonly appendSeconds: number
  readonly storedSeconds: number
  readonly doneSeconds: number
  readonly processes: readonly ProcessFigures[]
}

async function readToEnd({ folder, note }: CaseOptions, { samples, calls, workers }: Sizes): Promise<Measured> {
  const install = await openStackInstall({ folder: join(folder, `of-${workers}`) })
  try {
    const appendSeconds = await secondsOf(() => fill(install, { samples, calls }))
    const bareSeconds = await readBare(install, samples)
    note(`bare: ${Math.round(samples / bareSeconds)} messages/s`)
    const started = Array.from({ length: workers }, () => install.startWorker())
    await Promise.all(started.map((worker) => worker.ready()))
    const began = performance.now()
    const watches = started.map(({ pid }) => watchProcess(pid))
    while ((await lagOf(install.log, ['calls'])) > 0) await wait(200)
    const storedSeconds = (performance.now() - began) / 1_000
    note(`${workers} workers: stored in ${storedSeconds.toFixed(1)} s`)
    await install.drained()
    const doneSeconds = (performance.now() - began) / 1_000
    note(`${workers} workers: done in ${doneSeconds.toFixed(1)} s`)
    return { bareSeconds, appendSeconds, storedSeconds, doneSeconds, processes: watches.map((watch) => watch.stop()) }
  } finally {
    await install.close()
  }
}

const recordsPerAppend = 5_000

async function fill({ log }: StackInstall, { samples, calls }: Omit<Sizes, 'workers'>): Promise<void> {
  // Two streams a call, a sample each five seconds: the last one is made about now.
  const load = createLoad({ seed: 1, calls, startMs: Date.now() - (samples / (calls * 2)) * 5_000 })
  let batch: NewRecord[] = []
  let left = samples
  const take = async ({ topic, key, value }: NewRecord): Promise<void> => {
    if (batch.push({ topic, key, value }) < recordsPerAppend) return
    await log.append(batch)
    batch = []
  }
  for (const message of load.starts()) await take(message)
  for (const message of load.samples()) {
    if (left-- <= 0) break
    await take(message)
  }
  await log.append(batch)
}

async function readBare({ kafka: broker }: StackInstall, samples: number): Promise<number> {
  const script = join(import.meta.dirname, '..', 'bare-consumer.ts')
  const child = spawn(process.execPath, [script, broker.address, String(samples), 'quality-samples'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [answer] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return (JSON.parse(answer) as { seconds: number }).seconds
}

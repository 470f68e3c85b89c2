import { join } from 'node:path'
import type { NewRecord } from '#contracts/event-log.ts'
import { createLoad } from '#simulator/index.ts'
import { lagOf, openStackInstall, type StackInstall } from '#tests/stack/faults/install.ts'
import type { BenchCase } from '../bench-case.ts'
import { feed } from '../feed.ts'
import { slope, wait } from '../measure.ts'
import { watchProcess } from '../process-watch.ts'

/** The warehouse is away for ten minutes while messages go on: what a worker holds must not grow with what waits. */
export const outage: BenchCase = {
  name: 'outage',
  title: 'A worker while the warehouse is away for ten minutes: memory, and how long it takes to catch up',
  async run({ quick, folder, note }) {
    const outageSeconds = quick ? 20 : 600
    const install = await openStackInstall({ folder: join(folder, 'install') })
    try {
      const worker = install.startWorker()
      await worker.ready()
      const stopping = new AbortController()
      const feeding = feedCalls(install, stopping.signal)
      await wait(quick ? 10_000 : 60_000)
      const watch = watchProcess(worker.pid)
      await install.front().control.set({ refuse: true })
      note(`away for ${outageSeconds} s`)
      await wait(outageSeconds * 1_000)
      const lag = await lagOf(install.log)
      const away = watch.stop()
      await install.front().control.set({})
      const began = performance.now()
      stopping.abort()
      const sent = await feeding
      await install.drained()
      const catchUpSeconds = (performance.now() - began) / 1_000
      const [row] = await install.rows<[number]>('SELECT count() FROM quality_samples FINAL')
      return {
        sizes: { calls, samplesPerSecond: perSecond, outageSeconds, sent, waiting: lag },
        figures: {
          peakRssMiB: away.peakRssMiB,
          rssSlopeMiBPerMinute: 60 * slope(away.points.map(({ second, rssMiB }) => [second, rssMiB])),
          rssSlopeSecondHalfMiBPerMinute: away.rssSlopeMiBPerMinute,
          catchUpSeconds,
          caughtUpPerSecond: lag / catchUpSeconds,
          samplesStored: row?.[0] ?? 0,
        },
        ratios: { storedToSent: (row?.[0] ?? 0) / sent },
        aims: [{ what: 'resident memory while away, MiB/min', aim: 5, better: 'less', got: away.rssSlopeMiBPerMinute }],
        notes: ['The slope is that of the second half of the outage, by least squares; the other is of all of it.'],
        detail: { overTime: away.points.filter((_, at) => at % 10 === 0) },
      }
    } finally {
      await install.close()
    }
  },
}

const calls = 2_000
const perSecond = 1_000

/** Starts of the calls, then each sample when it is due. Returns how many were sent. */
async function feedCalls({ log }: StackInstall, signal: AbortSignal): Promise<number> {
  const load = createLoad({ seed: 1, calls, samplesPerSecond: perSecond, startMs: Date.now() })
  await log.append([...load.starts()].map(({ topic, key, value }): NewRecord => ({ topic, key, value })))
  const { samples } = await feed({ log, load, ended: new Set(), signal })
  return samples.sent
}

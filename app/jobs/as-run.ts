import { randomUUID } from 'node:crypto'
import type { JobReport } from '#collectors/http/ports.ts'
import { shortCause } from '#contracts/clickhouse-errors.ts'
import type { Clock } from '#contracts/clock.ts'
import type { Run, RunStore } from '#contracts/registry.ts'

export type Done = Omit<JobReport, 'run'>

/** A run that is silent for eight times as long counts as abandoned (hold.ts). */
const beatEveryMs = 15_000

/** Does a bounded job as a run that the registry remembers, however it ends. */
export function createRuns(runs: RunStore, clock: Clock) {
  return async function asRun<Report extends Done>(
    kind: Run['kind'],
    subject: string,
    work: (run: string) => Promise<Report>,
  ): Promise<Report & Pick<JobReport, 'run'>> {
    const run = randomUUID()
    await runs.start({ id: run, kind, subject, startedMs: clock() })
    // One beat that does not get through is none to speak of: the next one does.
    const beating = setInterval(() => void runs.beat(run).catch(() => undefined), beatEveryMs)
    try {
      const done = await work(run)
      await runs.finish(run, { status: 'succeeded', finishedMs: clock(), counts: done.counts, error: undefined })
      return { run, ...done }
    } catch (error) {
      const failed = { status: 'failed', finishedMs: clock(), counts: {}, error: shortCause(error) } as const
      // Where the registry takes no writes either, the first error says why.
      await runs.finish(run, failed).catch(() => undefined)
      throw error
    } finally {
      clearInterval(beating)
    }
  }
}

import { randomUUID } from 'node:crypto'
import type { JobReport } from '#collectors/http/ports.ts'
import type { Clock } from '#contracts/clock.ts'
import type { Run, RunStore } from '#contracts/registry.ts'

export type Done = Omit<JobReport, 'run'>

/** Does a bounded job as a run that the registry remembers, however it ends. */
export function createRuns(runs: RunStore, clock: Clock) {
  return async function asRun(
    kind: Run['kind'],
    subject: string,
    work: (run: string) => Promise<Done>,
  ): Promise<JobReport> {
    const run = randomUUID()
    await runs.start({ id: run, kind, subject, startedMs: clock() })
    try {
      const done = await work(run)
      await runs.finish(run, { status: 'succeeded', finishedMs: clock(), counts: done.counts, error: undefined })
      return { run, ...done }
    } catch (error) {
      const { message } = error as Error
      await runs.finish(run, { status: 'failed', finishedMs: clock(), counts: {}, error: message })
      throw error
    }
  }
}

import { importFile } from '#collectors/files/import-file.ts'
import type { JobReport } from '#collectors/http/ports.ts'
import type { Clock } from '#contracts/clock.ts'
import type { EventLog } from '#contracts/event-log.ts'
import { createRefusals } from './refusals.ts'

interface ImportParts {
  readonly path: string
  readonly tenant: string
  readonly run: string
  readonly clock: Clock
  readonly log: Pick<EventLog, 'append'>
}

/** Reads one dump into the log. A bad part is refused by itself; the same file twice changes nothing. */
export async function importDump({ path, tenant, run, clock, log }: ImportParts): Promise<Omit<JobReport, 'run'>> {
  const refusals = createRefusals()
  let counts: Record<string, number> = {}
  let notes: readonly string[] = []
  let calls: JobReport['calls']
  for await (const step of importFile(path, { tenant, run, nowMs: clock() })) {
    if (step.type === 'records') await log.append(step.records)
    else if (step.type === 'refused')
      refusals.add(step.reason, step.line === 0 ? step.detail : `line ${step.line}: ${step.detail}`)
    else {
      const { notes: told, callIds, ...tally } = step.tally
      counts = tally
      notes = told
      calls = callIds.map((id) => ({ tenant, id }))
    }
  }
  return { counts, refused: refusals.report(), notes, ...(calls === undefined ? {} : { calls }) }
}

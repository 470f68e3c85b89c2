import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import type { JobReport, Jobs } from '#collectors/http/ports.ts'
import type { Clock } from '#contracts/clock.ts'
import type { EventLog } from '#contracts/event-log.ts'
import type { Registry, Run } from '#contracts/registry.ts'
import type { Config } from '../config.ts'
import { refuseUnknownTenant } from '../desk/refused.ts'
import { whileHeld } from './hold.ts'
import { importDump } from './import-dump.ts'
import { replayLines } from './replay-lines.ts'
import { asFile } from './spool.ts'

export interface JobsParts {
  readonly config: Config
  readonly clock: Clock
  readonly log: Pick<EventLog, 'append'>
  readonly registry: Pick<Registry, 'runs' | 'tenants' | 'watermarks'>
  /** Uploads lie here while they are read. */
  readonly spoolFolder: string
  /** Aborted when the process stops: a job then ends between two appends, and its run says so. */
  readonly stopping?: AbortSignal | undefined
  /** Pipelines know the tenants by heart: they are told of new ones. */
  readonly onTenantsAdded?: (() => Promise<void>) | undefined
}

type Done = Omit<JobReport, 'run'>

const stopped = 'the process stops: what was appended is kept; run it again, repeating changes nothing'

/** The log, for as long as the process does not stop. */
const untilStopped = ({ log, stopping }: JobsParts): Pick<EventLog, 'append'> => ({
  async append(records) {
    if (stopping?.aborted) throw Object.assign(new Error(stopped), { statusCode: 409 })
    await log.append(records)
  },
})

/** Imports and replays, each a run that the registry remembers. */
export function createJobs(parts: JobsParts): Jobs {
  const { spoolFolder, clock, registry } = parts
  const common = { clock, log: untilStopped(parts) }

  async function asRun(kind: Run['kind'], subject: string, work: (run: string) => Promise<Done>): Promise<JobReport> {
    const run = randomUUID()
    await registry.runs.start({ id: run, kind, subject: basename(subject), startedMs: clock() })
    try {
      const done = await work(run)
      await registry.runs.finish(run, {
        status: 'succeeded',
        finishedMs: clock(),
        counts: done.counts,
        error: undefined,
      })
      return { run, ...done }
    } catch (error) {
      await registry.runs.finish(run, {
        status: 'failed',
        finishedMs: clock(),
        counts: {},
        error: (error as Error).message,
      })
      throw error
    }
  }

  return {
    async importFile({ name, content, tenant = parts.config.defaultTenant }) {
      await refuseUnknownTenant(registry, tenant)
      return asRun('import', name, (run) =>
        whileHeld(registry.watermarks, tenant, run, () =>
          asFile(content, spoolFolder, (path) => importDump({ ...common, path, tenant, run })),
        ),
      )
    },
    async replay({ name, content, rate, repeat, tenants = [] }, onProgress) {
      if (tenants.length > 0) {
        await registry.tenants.ensureTenants(tenants.map((id) => ({ id, name: id })))
        await parts.onTenantsAdded?.()
      }
      return asRun('replay', name, (run) =>
        asFile(content, spoolFolder, (path) =>
          replayLines({ ...common, stopping: parts.stopping, path, run, rate, repeat, onProgress }),
        ),
      )
    },
  }
}

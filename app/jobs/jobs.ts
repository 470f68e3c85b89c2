import { basename } from 'node:path'
import type { Jobs } from '#collectors/http/ports.ts'
import type { Clock } from '#contracts/clock.ts'
import type { EventLog } from '#contracts/event-log.ts'
import type { Registry } from '#contracts/registry.ts'
import type { Config } from '../config.ts'
import { refuseUnknownTenant } from '../desk/refused.ts'
import { createRuns } from './as-run.ts'
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

const stopped = 'the process stops: what was appended is kept; run it again, repeating changes nothing'

/** The log, for as long as the process does not stop. */
export const untilStopped = ({ log, stopping }: Pick<JobsParts, 'log' | 'stopping'>): Pick<EventLog, 'append'> => ({
  async append(records) {
    if (stopping?.aborted) throw Object.assign(new Error(stopped), { statusCode: 409 })
    await log.append(records)
  },
})

/** Imports and replays, each a run that the registry remembers. */
export function createJobs(parts: JobsParts): Jobs {
  const { spoolFolder, clock, registry } = parts
  const common = { clock, log: untilStopped(parts) }
  const asRun = createRuns(registry.runs, clock)

  return {
    async importFile({ name, content, tenant = parts.config.defaultTenant }) {
      await refuseUnknownTenant(registry, tenant)
      return asRun('import', basename(name), (run) =>
        whileHeld(registry.watermarks, tenant, run, () =>
          asFile(content, spoolFolder, (path) => importDump({ ...common, path, tenant, run })),
        ),
      )
    },
    async replay({ name, content, rate, repeat, tenants = [] }, onProgress) {
      if (tenants.length > 0) {
        const known = (await registry.tenants.tenants()).map(({ id }) => id)
        await registry.tenants.ensureTenants(tenants.map((id) => ({ id, name: id })))
        if (tenants.some((id) => !known.includes(id))) await parts.onTenantsAdded?.()
      }
      return asRun('replay', basename(name), (run) =>
        asFile(content, spoolFolder, (path) =>
          replayLines({ ...common, stopping: parts.stopping, path, run, rate, repeat, onProgress }),
        ),
      )
    },
  }
}

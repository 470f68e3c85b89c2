import type { ArchiveDesk, ArchivePlan, ArchiveReplay, ArchiveVerified } from '#collectors/http/ports.ts'
import type { ArchiveFilter } from '#contracts/archive.ts'
import type { Clock } from '#contracts/clock.ts'
import type { EventLog } from '#contracts/event-log.ts'
import type { Registry } from '#contracts/registry.ts'
import { createTenantOf } from '#pipelines/archive/tenants.ts'
import { fetchObject } from '#sinks/archive/fetch-object.ts'
import type { Config } from '../config.ts'
import { DeskRefused, refuseUnknownTenant } from '../desk/refused.ts'
import { createRuns } from '../jobs/as-run.ts'
import { whileHeld } from '../jobs/hold.ts'
import { untilStopped } from '../jobs/jobs.ts'
import { createRefusals } from '../jobs/refusals.ts'
import { faultOf } from './object-fault.ts'
import type { Archive } from './open-archive.ts'
import { planReplay } from './plan.ts'
import { replayArchive } from './replay-archive.ts'

export interface ArchiveDeskParts {
  readonly config: Pick<Config, 'topicTenants'>
  readonly archive: Archive | undefined
  readonly clock: Clock
  readonly log: Pick<EventLog, 'append'>
  readonly registry: Pick<Registry, 'runs' | 'tenants' | 'watermarks'>
  readonly spoolFolder: string
  readonly stopping?: AbortSignal | undefined
}

/** What people ask of the archive. */
export function createArchiveDesk(parts: ArchiveDeskParts): ArchiveDesk {
  const { registry, clock } = parts
  const asRun = createRuns(registry.runs, clock)

  async function opened({ tenant }: ArchiveFilter): Promise<Archive> {
    if (parts.archive === undefined)
      throw new DeskRefused(
        'archive.url: not set, so nothing is archived; set it to s3://bucket/prefix or file:///folder',
      )
    if (tenant !== undefined) await refuseUnknownTenant(registry, tenant)
    return parts.archive
  }

  return {
    list: async (filter, limit) => (await opened(filter)).index.summary(filter, limit),
    plan: async (filter) => planReplay(await opened(filter), filter, clock()),
    verify: async (filter, onProgress) => verify(await opened(filter), filter, { clock, onProgress }),
    async replay(request, onProgress) {
      const archive = await opened(request)
      refuseUnready(await planReplay(archive, request, clock()))
      const tenants = new Set((await registry.tenants.tenants()).map(({ id }) => id))
      const topicTenant = (topic: string) =>
        (parts.config.topicTenants as Readonly<Record<string, string | undefined>>)[topic]
      return asRun('replay', subjectOf(request), (run) =>
        whileHeld(registry.watermarks, request.tenant ?? '*', run, () =>
          replayArchive({
            ...{ ...archive, ...parts, run, request, onProgress },
            log: untilStopped(parts),
            tenantOf: createTenantOf({ tenants: () => tenants, topicTenant }),
            nowMs: clock(),
          }),
        ),
      )
    },
  }
}

/** Before anything is sent: half a replay would look like a whole one. */
function refuseUnready({ frozen, missing }: ArchivePlan): void {
  if (frozen.objects > 0)
    throw new DeskRefused(
      `${frozen.objects} objects must be restored first (${frozen.restoring} of them are being restored): ${told(frozen)}. Restore them for a few days, then repeat.`,
    )
  if (missing.objects > 0)
    throw new DeskRefused(
      `${missing.objects} objects are not there although their retention has not passed: ${told(missing)}. Bring them back, or leave their time out with --since and --until.`,
    )
}

const told = ({ objects, keys }: { readonly objects: number; readonly keys: readonly string[] }): string =>
  `${keys.join(', ')}${objects > keys.length ? ` and ${objects - keys.length} more` : ''}`

function subjectOf({ tenant, topic, sinceMs, untilMs }: ArchiveReplay): string {
  const time = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString())
  const said = Object.entries({ tenant, topic, since: time(sinceMs), until: time(untilMs) })
  return ['archive', ...said.flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`))].join(' ')
}

async function verify(
  { store, index }: Archive,
  filter: ArchiveFilter,
  { clock, onProgress }: { readonly clock: Clock; readonly onProgress: ((objects: number) => void) | undefined },
): Promise<ArchiveVerified> {
  const refusals = createRefusals()
  const seen = { objects: 0, bytes: 0, expired: 0 }
  for await (const object of index.objects(filter)) {
    const fault = faultOf(await fetchObject(store, object), object, clock())
    if (fault === 'expired') seen.expired++
    else if (fault !== undefined) refusals.add(fault, object.key)
    if (fault !== 'expired') seen.objects++
    seen.bytes += fault === undefined ? object.bytes : 0
    onProgress?.(seen.objects)
  }
  return { ...seen, refused: refusals.report() }
}

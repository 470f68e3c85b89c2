import { setTimeout as sleep } from 'node:timers/promises'
import type { Desk } from '#collectors/http/ports.ts'
import type { DeadLetterDesk } from '#contracts/dead-letters.ts'
import { pause } from '#pipelines/pause.ts'
import { createLetterDesk } from '#sinks/dead-letter/desk.ts'
import { createArchiveDesk } from '../archive/archive-desk.ts'
import type { Engine } from '../engine.ts'
import { createJobs, type JobsParts } from '../jobs/jobs.ts'
import { createProfileDesk } from '../profiles/profile-desk.ts'
import { isShared } from '../stores/where.ts'
import { createErasureDesk } from './erasure-desk.ts'
import { createForgets, type Forgets, type ForgetsEngine } from './forgets.ts'
import { createKeyDesk } from './key-desk.ts'
import { createLinkDesk } from './link-desk.ts'

/** Workers ask the registry for tenants and erasures every ten seconds. */
const knownAfterMs = 12_000

/** And for profiles every twenty. */
const profilesKnownAfterMs = 25_000

/** The desk of the process that owns the folder: what HTTP serves, and what commands use when nothing else runs. */
export function createLocalDesk(
  engine: ForgetsEngine & Pick<Engine, 'reader' | 'sql' | 'profiles' | 'census' | 'componentsOf' | 'eraser'>,
  parts: Omit<JobsParts, 'log' | 'registry'>,
): Desk {
  const shared = isShared(parts.config)
  const forgets = createForgets(engine, parts)
  // What names a tenant before workers have heard of it would be a dead letter.
  const untilHeardOf = shared
    ? { onTenantsAdded: () => pause(knownAfterMs, parts.stopping ?? new AbortController().signal) }
    : {}
  return {
    calls: engine.reader,
    sql: engine.sql,
    runs: engine.registry.runs,
    deadLetters: createDeadLetterDesk(engine.log, forgets),
    jobs: createJobs({ ...untilHeardOf, ...parts, log: engine.log, registry: engine.registry }),
    archive: createArchiveDesk({ ...parts, ...engine }),
    keys: createKeyDesk(engine.registry, parts.clock),
    links: createLinkDesk(engine),
    erasures: createErasureDesk({ ...engine, stores: forgets.stores, knownAfterMs: shared ? knownAfterMs : 0 }),
    profiles: createProfileDesk({
      ...{ ...engine, cache: engine.profiles, clock: parts.clock },
      ...(shared ? { untilKnown: () => sleep(profilesKnownAfterMs) } : {}),
    }),
  }
}

/** A message that named somebody who was erased is shown by nobody, however lately they were: the list is read anew. */
function createDeadLetterDesk(log: Engine['log'], { refresh, namesErased }: Forgets): DeadLetterDesk {
  const letters = createLetterDesk(log, namesErased)
  return {
    list: letters.list,
    async show(id) {
      await refresh()
      return letters.show(id)
    },
    async replay(id) {
      await refresh()
      return letters.replay(id)
    },
  }
}

import type { LogRecord } from '#contracts/event-log.ts'
import { topicNames } from '#contracts/topics.ts'
import { archivedTopics } from '#pipelines/archive.ts'
import type { ForgetMessage } from '#pipelines/privacy/forget-messages.ts'
import { forgetLetters } from '#sinks/dead-letter/forget.ts'
import { rewriteArchive } from '../archive/rewrite-archive.ts'
import type { Config } from '../config.ts'
import type { Engine } from '../engine.ts'
import type { JobsParts } from '../jobs/jobs.ts'
import type { ErasureStores } from './erasure-stores.ts'

export type ForgetsEngine = Pick<Engine, 'log' | 'watch' | 'registry' | 'privacy' | 'archive' | 'elsewhere'>
type ForgetsParts = Pick<JobsParts, 'clock' | 'spoolFolder' | 'stopping'> & {
  readonly config: Pick<Config, 'topicTenants'>
}

/** Erasures in messages as they were sent, wherever a desk comes upon them. */
export interface Forgets {
  /** Reads the list of erasures and the tenants: in a process without pipelines nobody else does. */
  refresh(): Promise<void>
  readonly namesErased: (record: LogRecord) => boolean
  readonly stores: ErasureStores
}

export function createForgets(engine: ForgetsEngine, parts: ForgetsParts): Forgets {
  const { privacy, registry } = engine
  const { topicTenants } = parts.config
  let tenants: ReadonlySet<string> = new Set()
  const forget = privacy.messages({
    tenants: () => tenants,
    topicTenant: (topic) => (topicTenants as Readonly<Record<string, string | undefined>>)[topic],
  })
  const namesErased = (record: LogRecord): boolean => forget(record) !== record
  async function refresh(): Promise<void> {
    tenants = new Set((await registry.tenants.tenants()).map(({ id }) => id))
    await privacy.refresh()
  }
  return { refresh, namesErased, stores: storesOf({ ...engine, forget, namesErased, refresh }, parts) }
}

interface StoresParts extends ForgetsEngine, Pick<Forgets, 'refresh' | 'namesErased'> {
  readonly forget: ForgetMessage
}

function storesOf(engine: StoresParts, { clock, spoolFolder, stopping }: ForgetsParts): ErasureStores {
  const { log, watch, registry, privacy, archive, elsewhere, namesErased, refresh } = engine
  const { embedded } = watch
  const replace = embedded && (((place, value) => embedded.replaceValue(place, value)) satisfies Replace)
  return {
    ...elsewhere,
    clock,
    async forgetLetters() {
      await refresh()
      return forgetLetters({ log, namesErased, replace })
    },
    // What was replaced in place is gone.
    lettersRetentionMs: async () => (embedded === undefined ? watch.retentionMs(topicNames.deadLetter) : undefined),
    async archiveBehind(tenant, sequence) {
      let behind = 0
      for await (const _ of archive?.index.objects({ tenant, notErasedUntil: sequence }) ?? [])
        if (++behind >= mostCounted) break
      return behind
    },
    async logRetentionMs() {
      const kept = await Promise.all(archivedTopics.map((topic) => watch.retentionMs(topic)))
      return kept.includes(undefined) ? undefined : Math.max(...kept.map(Number))
    },
    rewriteArchive:
      archive &&
      (async (tenant) => {
        await refresh()
        const parts = { ...archive, rewriting: registry.rewriting, forget: engine.forget, until: privacy.erasedUntil }
        return rewriteArchive({ ...parts, spoolFolder, clock, stopping }, tenant)
      }),
  }
}

const mostCounted = 1_000

type Replace = NonNullable<Parameters<typeof forgetLetters>[0]['replace']>

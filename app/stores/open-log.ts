import { createEmbeddedLog, type EmbeddedLog } from '#collectors/embedded-log/embedded-log.ts'
import type { EventLog, LogWatch } from '#contracts/event-log.ts'
import { embeddedTopics } from '#contracts/topics.ts'
import type { EngineParts } from '../engine.ts'
import type { WriteHealth } from '../write-health.ts'
import { folderFor } from './where.ts'

export interface OpenLog extends LogWatch {
  readonly log: EventLog
  /** What only a log of our own can do and needs: forget old messages, go back after an unclean stop. */
  readonly embedded: EmbeddedLog | undefined
}

/** The log that the configuration names: Kafka, or the embedded one in the data folder. */
export async function openLog(parts: EngineParts, writes: WriteHealth): Promise<OpenLog> {
  const opened = openEmbedded(parts)
  const watched = writes.watch('log')
  return { ...opened, log: { ...opened.log, append: (records) => watched(() => opened.log.append(records)) } }
}

function openEmbedded({ config, folder, clock }: EngineParts): OpenLog {
  return watchEmbedded(
    createEmbeddedLog({
      path: folderFor('kafka.brokers', folder).part('log.sqlite'),
      topics: embeddedTopics,
      clock,
      durability: config.durability,
    }),
  )
}

/** The embedded log as the composition root sees any. */
export function watchEmbedded(embedded: EmbeddedLog): OpenLog {
  return {
    log: embedded,
    embedded,
    lag: async (group) => embedded.lag(group),
    async health() {
      try {
        await embedded.extent('dead-letter')
        return 'ok'
      } catch {
        return 'does not answer'
      }
    },
  }
}

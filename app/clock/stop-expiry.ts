import type { ClickHouseClient } from '@clickhouse/client'
import { run } from '#warehouse/client.ts'

/** Whether the embedded warehouse may drop rows whose retention has passed by the machine's clock. */
export interface Expiry {
  /** Says it to the engine, where that is news to it. */
  allow(may: boolean): Promise<void>
}

/**
 * The engine lets rows go by the machine's clock, and knows of no other. It is held from the first statement on until the
 * log's time is sure: a clock that is a year ahead would take all rows with the next merge. Nothing is held on a server, whose
 * clock is its own.
 */
export async function holdExpiry(client: ClickHouseClient): Promise<Expiry> {
  let isAllowed: boolean | undefined
  await run(client, 'SYSTEM STOP TTL MERGES')
  return {
    async allow(may) {
      if (may === isAllowed) return
      // It is said of the tables that there are: those that a migration makes are told with the next word.
      await run(client, may ? 'SYSTEM START TTL MERGES' : 'SYSTEM STOP TTL MERGES')
      isAllowed = may
    },
  }
}

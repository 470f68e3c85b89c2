import type { ClickHouseClient } from '@clickhouse/client'
import type { Heartbeat, HeartbeatStore } from '#contracts/blind-times.ts'
import { insertRows, rowsOf } from './client.ts'

/** As long as anybody asks "was it the calls, or us?" of a month that is over. */
const keptMs = 400 * 86_400_000

export function createHeartbeatStore(client: ClickHouseClient): HeartbeatStore {
  return {
    write: (beats) => insertRows(client, 'pipeline_heartbeats', beats.map(rowOf)),
    async last() {
      return new Map(
        await rowsOf<[string, number]>(
          client,
          'SELECT pipeline, toUnixTimestamp64Milli(max(at)) FROM pipeline_heartbeats GROUP BY pipeline',
        ),
      )
    },
  }
}

const rowOf = ({ pipeline, atMs, worker }: Heartbeat): object => ({
  ...{ pipeline, worker, at: Math.round(atMs) },
  expires_at: Math.floor((atMs + keptMs) / 1_000),
})

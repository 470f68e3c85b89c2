import type { ClickHouseClient } from '@clickhouse/client'
import { type FrozenCheck, memberText } from '#contracts/summaries.ts'
import { rowsOf } from '../client.ts'
import { textKeys } from '../literal.ts'
import { freezeAheadMs, frozenMinutes } from './minute-keys.ts'

export function createFrozenCheck(client: ClickHouseClient): FrozenCheck {
  return {
    async minutes(keys, logNowMs) {
      if (keys.length === 0) return new Set()
      const seconds = keys.map(({ tenant, id, minute }) => ({ tenant, id, minuteSeconds: minute * 60 }))
      const frozen = await frozenMinutes(client, seconds, logNowMs)
      return new Set(
        keys
          .filter(({ tenant, id, minute }) => frozen.has(`${tenant}\u0000${id}\u0000${minute * 60}`))
          .map(({ tenant, id, minute }) => `${tenant}\u0000${id}\u0000${minute}`),
      )
    },
    async calls(members, logNowMs) {
      if (members.length === 0) return new Set()
      const list = textKeys(members.map(({ tenant, id }) => [tenant, id]))
      const rows = await rowsOf<[string, string[]]>(
        client,
        `SELECT tenant, members FROM calls FINAL
         WHERE (tenant, at, id) IN (SELECT tenant, at, canonical FROM call_keys WHERE (tenant, id) IN ${list})
           AND is_deleted = 0 AND raw_until > 0 AND toUnixTimestamp(raw_until) <= {horizon: UInt32}`,
        { horizon: Math.floor((logNowMs + freezeAheadMs) / 1_000) },
      )
      return new Set(rows.flatMap(([tenant, ids]) => ids.map((id) => memberText({ tenant, id }))))
    },
  }
}

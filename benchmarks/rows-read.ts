import type { ClickHouseClient } from '@clickhouse/client'

export interface RowsRead {
  readonly client: ClickHouseClient
  /** Rows that the engine has read for queries since the last time this was asked. */
  take(): number
}

/** Counts what queries read, as the engine states it in an answer that carries its statistics. */
export function countRowsRead(client: ClickHouseClient): RowsRead {
  let rows = 0
  async function query(params: Parameters<ClickHouseClient['query']>[0]): Promise<unknown> {
    if (params.format !== 'JSONCompactEachRow') return client.query(params)
    const result = await client.query({ ...params, format: 'JSONCompact' })
    const { data, statistics } = (await result.json()) as { data: unknown; statistics?: { rows_read?: number } }
    rows += statistics?.rows_read ?? 0
    return { json: async () => data }
  }
  return {
    client: new Proxy(client, {
      get(target, name) {
        if (name === 'query') return query
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    }),
    take() {
      const taken = rows
      rows = 0
      return taken
    },
  }
}

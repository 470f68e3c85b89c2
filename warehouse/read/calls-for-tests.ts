import type { TestWarehouse } from '#tests/warehouse.ts'

/** A call to lie in the warehouse: say what matters. */
export interface PlantedCall {
  readonly id: string
  readonly at: number
  readonly tenant?: string
  readonly members?: readonly string[]
  readonly [column: string]: unknown
}

/** Records as a recompute writes them, with the places of their members. */
export async function plantCalls({ client }: TestWarehouse, calls: readonly PlantedCall[]): Promise<void> {
  const full = calls.map(({ record, ...call }) => {
    const row = {
      ...{ tenant: 'acme', version: 1, members: [call.id], state: 'settled', class: 'good', disposition: 'answered' },
      ...{ as_of: call.at + 60_000 },
      ...call,
    }
    const said = { tenant: row.tenant, id: row.id, correlationIds: row.members, traceIds: [], startedMs: row.at }
    return { ...row, record: JSON.stringify({ ...said, events: [], streams: [], ...(record as object) }) }
  })
  await client.insert({ table: 'calls', values: full, format: 'JSONEachRow' })
  const places = full.flatMap(({ tenant, id, at, version, members }) =>
    members.map((member) => ({ tenant, id: member, canonical: id, at, version })),
  )
  await client.insert({ table: 'call_keys', values: places, format: 'JSONEachRow' })
}

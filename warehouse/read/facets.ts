import type { ClickHouseClient } from '@clickhouse/client'
import { type FacetName, type Facets, facetNames } from '#contracts/call-charts.ts'
import type { CallFilter } from '#contracts/warehouse.ts'
import { rowsOf } from '../client.ts'
import { callConditions } from './call-conditions.ts'
import { whereOf } from './conditions.ts'

/** Values of one facet that are told: more of them, and nobody picks from a list. */
const maxValues = 100

const plain = facetNames.filter((name) => name !== 'finding')

/** What calls of a time can be told apart by. Alike calls are counted together first: taking each apart costs five times as much. */
export async function readFacets(
  client: ClickHouseClient,
  filter: Pick<CallFilter, 'tenant' | 'sinceMs' | 'untilMs'>,
): Promise<Facets> {
  const conditions = await callConditions(client, filter)
  if (conditions === undefined) return facetsOf([])
  const pairs = plain.map((name) => `('${name}', toString(${name}))`)
  const rows = await rowsOf<FacetRow>(
    client,
    `SELECT facet.1 AS name, facet.2 AS value, sum(alike) AS calls
     FROM (
       SELECT alike, arrayJoin(arrayConcat([('total', ''), ${pairs.join(', ')}],
         arrayMap(finding -> ('finding', toString(finding)), findings))) AS facet
       FROM (
         SELECT ${plain.join(', ')}, findings, count() AS alike
         FROM calls FINAL WHERE is_deleted = 0 AND ${whereOf(conditions)} GROUP BY ${plain.join(', ')}, findings)
     )
     GROUP BY name, value ORDER BY calls DESC, value LIMIT {maxValues:UInt32} BY name`,
    { ...conditions.params, maxValues },
  )
  return facetsOf(rows)
}

type FacetRow = readonly [name: FacetName | 'total', value: string, calls: number]

/** What is not known is no value to pick. */
const facetsOf = (rows: readonly FacetRow[]): Facets => ({
  total: rows.find(([name]) => name === 'total')?.[2] ?? 0,
  facets: Object.fromEntries(
    facetNames.map((facet) => [
      facet,
      rows.filter(([name, value]) => name === facet && value !== '').map(([, value, calls]) => ({ value, calls })),
    ]),
  ) as unknown as Facets['facets'],
})

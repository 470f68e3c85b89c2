import type { ClickHouseClient } from '@clickhouse/client'
import { linkKinds } from '#contracts/ids.ts'
import type { CallFilter, TenantScope } from '#contracts/warehouse.ts'
import { rowsOf } from '../client.ts'
import { type CallPlace, placesOf } from './call-places.ts'
import { type Conditions, momentOf, momentsParam, momentText, ofTenants, when, whereOf } from './conditions.ts'

/** Conditions on rows of `calls`. Undefined: the filter names an id that no call has. */
export async function callConditions(client: ClickHouseClient, filter: CallFilter): Promise<Conditions | undefined> {
  const conditions = plainConditions(filter)
  const { id, q, parties = [] } = filter
  const exact = id === undefined ? conditions : await withIds(client, conditions, filter.tenant, [id])
  if (exact === undefined || q === undefined) return exact
  const ids = await idsNamed(client, filter.tenant, q)
  return (await withIds(client, exact, filter.tenant, ids)) ?? withParty(exact, q, parties)
}

const plainConditions = (filter: CallFilter): Conditions => {
  const given: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    [`at >= ${momentOf('since')}`, { since: filter.sinceMs }],
    [`at < ${momentOf('until')}`, { until: filter.untilMs }],
    ['class IN {classes:Array(String)}', { classes: filter.class }],
    ...(['state', 'disposition', 'carrier', 'route', 'gateway', 'region', 'codec', 'fault'] as const).map(
      (name) => [`${name} = {${name}:String}`, { [name]: filter[name] }] as const,
    ),
    ['has(findings, {finding:String})', { finding: filter.finding }],
  ]
  return given.reduce((before, [text, params]) => when(before, text, params), ofTenants(filter.tenant))
}

/** Undefined: no call was ever meant to have one of these ids. */
async function withIds(
  client: ClickHouseClient,
  conditions: Conditions,
  tenant: TenantScope,
  ids: readonly string[],
): Promise<Conditions | undefined> {
  const places = ids.length === 0 ? [] : await placesOf(client, tenant, ids)
  return places.length === 0 ? undefined : atPlaces(conditions, places, ids)
}

function atPlaces(conditions: Conditions, places: readonly CallPlace[], ids: readonly string[]): Conditions {
  const params = {
    ats: [...new Set(places.map(({ atMs }) => momentText(atMs)))],
    canonicals: [...new Set(places.map(({ canonical }) => canonical))],
    members: ids,
  }
  const condition = `at IN ${momentsParam('ats')} AND id IN {canonicals:Array(String)} AND hasAny(members, {members:Array(String)})`
  return when(conditions, condition, params)
}

/** What was typed is no pattern: it is looked for as it is. */
const withParty = (conditions: Conditions, q: string, parties: readonly string[]): Conditions => {
  const typed =
    'positionCaseInsensitiveUTF8(from_party, {party:String}) > 0 OR positionCaseInsensitiveUTF8(to_party, {party:String}) > 0'
  if (parties.length === 0) return when(conditions, `(${typed})`, { party: q })
  const meant = 'from_party IN {parties:Array(String)} OR to_party IN {parties:Array(String)}'
  return when(conditions, `(${typed} OR ${meant})`, { party: q, parties })
}

/** Most correlation ids that one linked id is taken for: more of them, and it is a hub that names no call. */
const maxLinked = 64

/** Correlation ids that this may mean: itself, and those that carry it as an id of another kind. */
export async function idsNamed(client: ClickHouseClient, tenant: TenantScope, q: string): Promise<readonly string[]> {
  const nodes = linkKinds
    .filter((kind) => kind !== 'linked_correlation_id')
    .map((kind) => `${kind}:${kind === 'trace_id' ? q.toLowerCase() : q}`)
  const conditions = when(ofTenants(tenant), 'node IN {nodes:Array(String)}', {
    nodes,
  })
  const rows = await rowsOf<[string]>(
    client,
    `SELECT DISTINCT substring(other, 4) FROM call_links
     WHERE ${whereOf(conditions)} AND startsWith(other, 'id:') LIMIT {maxLinked:UInt32}`,
    { ...conditions.params, maxLinked },
  )
  return [q, ...rows.map(([id]) => id)]
}

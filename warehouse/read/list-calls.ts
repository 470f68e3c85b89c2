import type { ClickHouseClient } from '@clickhouse/client'
import type { CallFilter, CallListItem, CallPage } from '#contracts/warehouse.ts'
import { rowsOf } from '../client.ts'
import { placesOf } from './call-places.ts'
import { type Conditions, momentOf, momentsParam, momentText, noConditions, when, whereOf } from './conditions.ts'
import { cursorText, readCursor } from './cursor.ts'

type Row = readonly [
  tenant: string,
  id: string,
  atMs: number,
  endedMs: number | null,
  asOfMs: number,
  state: string,
  callClass: string,
  unclassified: string,
  disposition: string,
  direction: string,
  from: string,
  to: string,
  carrier: string,
  region: string,
  codec: string,
  talkMs: number | null,
  worstHundredths: number,
  worstName: string,
  reasons: string[],
  findings: string[],
  fault: string,
]

const columns = `tenant, id, toUnixTimestamp64Milli(at), toUnixTimestamp64Milli(ended_at), toUnixTimestamp64Milli(as_of), state, class, unclassified,
  disposition, direction, from_party, to_party, carrier, region, codec,
  talk_ms, worst_mos_hundredths, worst_mos_name, reasons, findings, fault`

const hourMs = 3_600_000
/** Stretches of time looked through, latest first, until a page is full: most pages are found in the first. */
const stretchesMs = [6 * hourMs, 48 * hourMs, 30 * 24 * hourMs, Number.POSITIVE_INFINITY]

/** One page of calls, latest first. Stable: a place, once passed, is never given again while calls come and go. */
export async function listCalls(client: ClickHouseClient, filter: CallFilter): Promise<CallPage> {
  const conditions = await conditionsOf(client, filter)
  const extent = conditions === undefined ? undefined : await extentOf(client, conditions)
  if (conditions === undefined || extent === undefined)
    return { calls: [], nextCursor: undefined, completeUntilMs: undefined }
  const rows: Row[] = []
  let untilMs = extent.lastMs + 1
  for (const stretchMs of stretchesMs) {
    const fromMs = Math.max(extent.firstMs, untilMs - stretchMs)
    rows.push(...(await page(client, conditions, { fromMs, untilMs, limit: filter.limit + 1 - rows.length })))
    if (rows.length > filter.limit || fromMs <= extent.firstMs) break
    untilMs = fromMs
  }
  return pageOf(rows, filter.limit)
}

function pageOf(rows: readonly Row[], limit: number): CallPage {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return {
    calls: shown.map(itemOf),
    nextCursor: more ? cursorText({ atMs: last[2], tenant: last[0], id: last[1] }) : undefined,
    completeUntilMs: shown.length === 0 ? undefined : Math.min(...shown.map(([, , , , asOfMs]) => asOfMs)),
  }
}

/** Undefined: the filter names an id that no call has. */
async function conditionsOf(client: ClickHouseClient, filter: CallFilter): Promise<Conditions | undefined> {
  const given: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['tenant = {tenant:String}', { tenant: filter.tenant }],
    [`at >= ${momentOf('since')}`, { since: filter.sinceMs }],
    [`at < ${momentOf('until')}`, { until: filter.untilMs }],
    ['class = {class:String}', { class: filter.class }],
    ['carrier = {carrier:String}', { carrier: filter.carrier }],
    ['state = {state:String}', { state: filter.state }],
  ]
  let conditions = given.reduce((before, [text, params]) => when(before, text, params), noConditions)
  if (filter.cursor !== undefined) conditions = after(conditions, filter.cursor)
  if (filter.id === undefined) return conditions
  const places = await placesOf(client, filter.tenant, [filter.id])
  if (places.length === 0) return undefined
  const params = {
    ats: [...new Set(places.map(({ atMs }) => momentText(atMs)))],
    canonicals: [...new Set(places.map(({ canonical }) => canonical))],
    member: filter.id,
  }
  const condition = `at IN ${momentsParam('ats')} AND id IN {canonicals:Array(String)} AND has(members, {member:String})`
  return when(conditions, condition, params)
}

const after = (conditions: Conditions, text: string): Conditions => {
  const { atMs, tenant, id } = readCursor(text)
  // The first condition is for the primary key, the second exact.
  const condition = `at <= ${momentOf('cursorAt')} AND (at, tenant, id) < (${momentOf('cursorAt')}, {cursorTenant:String}, {cursorId:String})`
  return when(conditions, condition, { cursorAt: atMs, cursorTenant: tenant, cursorId: id })
}

/** First and last start among the rows that time and tenant allow; exact filters are left to the page. */
async function extentOf(client: ClickHouseClient, { params }: Conditions) {
  const bounds = [
    ...('tenant' in params ? ['tenant = {tenant:String}'] : []),
    ...('since' in params ? [`at >= ${momentOf('since')}`] : []),
    ...('until' in params ? [`at < ${momentOf('until')}`] : []),
    ...('ats' in params ? [`at IN ${momentsParam('ats')}`] : []),
    ...('cursorAt' in params ? [`at <= ${momentOf('cursorAt')}`] : []),
  ]
  const where = bounds.length === 0 ? '' : `WHERE ${bounds.join(' AND ')}`
  const [row] = await rowsOf<[number, number, number]>(
    client,
    `SELECT count(), toUnixTimestamp64Milli(min(at)), toUnixTimestamp64Milli(max(at)) FROM calls ${where}`,
    params,
  )
  return row === undefined || row[0] === 0 ? undefined : { firstMs: row[1], lastMs: row[2] }
}

async function page(
  client: ClickHouseClient,
  conditions: Conditions,
  { fromMs, untilMs, limit }: { fromMs: number; untilMs: number; limit: number },
): Promise<Row[]> {
  const bounded = when(conditions, `at >= ${momentOf('fromMs')} AND at < ${momentOf('untilMs')}`, { fromMs, untilMs })
  return rowsOf<Row>(
    client,
    `SELECT ${columns} FROM calls FINAL WHERE is_deleted = 0 AND ${whereOf(bounded)}
     ORDER BY at DESC, tenant DESC, id DESC LIMIT {limit:UInt32}`,
    { ...bounded.params, limit },
  )
}

const known = (text: string): string | undefined => (text === '' ? undefined : text)

function itemOf(row: Row): CallListItem {
  const [
    tenant,
    id,
    startedMs,
    endedMs,
    ,
    state,
    callClass,
    unclassified,
    disposition,
    direction,
    from,
    to,
    carrier,
    region,
    codec,
    talkMs,
    worst,
    worstName,
    reasons,
    findings,
    fault,
  ] = row
  return {
    ...{
      tenant,
      id,
      startedMs,
      endedMs: endedMs ?? undefined,
      state: state as CallListItem['state'],
      class: callClass as CallListItem['class'],
    },
    ...{
      unclassified: known(unclassified),
      disposition,
      direction: known(direction),
      from: known(from),
      to: known(to),
    },
    ...{ carrier: known(carrier), region: known(region), codec: known(codec), talkMs: talkMs ?? undefined },
    ...{
      worstMos: worst === 0 ? undefined : worst / 100,
      worstMosName: known(worstName),
      reasons,
      findings,
      fault: known(fault),
    },
  }
}

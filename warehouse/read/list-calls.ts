import type { ClickHouseClient } from '@clickhouse/client'
import type { CallPage, CallQuery } from '#contracts/warehouse.ts'
import { rowsOf } from '../client.ts'
import { callConditions } from './call-conditions.ts'
import { asOfMsOf, type ItemRow, itemColumns, itemOf } from './call-items.ts'
import { afterCursor, type CallOrder, orderOf } from './call-order.ts'
import { type Conditions, momentOf, momentsParam, when, whereOf } from './conditions.ts'
import { cursorText } from './cursor.ts'

/** A call, and what the list is sorted by. */
type Row = readonly [item: ItemRow, value: number | null]

const hourMs = 3_600_000
/** Stretches of time looked through until a page is full: most pages are found in the first. */
const stretchesMs = [6 * hourMs, 48 * hourMs, 30 * 24 * hourMs, Number.POSITIVE_INFINITY]

/** One page of calls, latest first unless asked otherwise. Stable: a place, once passed, is never given again while calls come and go. */
export async function listCalls(client: ClickHouseClient, query: CallQuery): Promise<CallPage> {
  const order = orderOf(query)
  const filtered = await callConditions(client, query)
  const conditions =
    filtered === undefined || query.cursor === undefined ? filtered : afterCursor(filtered, query.cursor, order)
  const extent = conditions === undefined ? undefined : await extentOf(client, conditions, order)
  if (conditions === undefined || extent === undefined)
    return { calls: [], nextCursor: undefined, completeUntilMs: undefined }
  const rows: Row[] = []
  for (const stretch of order.sort === 'started' ? stretchesOf(extent, order) : [extent]) {
    rows.push(...(await page(client, conditions, { ...stretch, order, limit: query.limit + 1 - rows.length })))
    if (rows.length > query.limit) break
  }
  return pageOf(rows, query.limit, order)
}

interface Extent {
  readonly fromMs: number
  /** Not included. */
  readonly untilMs: number
}

/** The extent in stretches that grow, from its end or from its beginning. */
function* stretchesOf({ fromMs, untilMs }: Extent, { order }: CallOrder): Generator<Extent> {
  let left: Extent = { fromMs, untilMs }
  for (const stretchMs of stretchesMs) {
    const cut =
      order === 'desc' ? Math.max(fromMs, left.untilMs - stretchMs) : Math.min(untilMs, left.fromMs + stretchMs)
    yield order === 'desc' ? { fromMs: cut, untilMs: left.untilMs } : { fromMs: left.fromMs, untilMs: cut }
    left = order === 'desc' ? { fromMs, untilMs: cut } : { fromMs: cut, untilMs }
    if (left.fromMs >= left.untilMs) return
  }
}

function pageOf(rows: readonly Row[], limit: number, { sort, order }: CallOrder): CallPage {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return {
    calls: shown.map(([item]) => itemOf(item)),
    nextCursor: more ? cursorOf(last, { sort, order }) : undefined,
    completeUntilMs: shown.length === 0 ? undefined : Math.min(...shown.map(([item]) => asOfMsOf(item))),
  }
}

const cursorOf = ([[tenant, id, atMs], value]: Row, { sort, order }: Pick<CallOrder, 'sort' | 'order'>): string =>
  cursorText({ sort, order, value, atMs, tenant, id })

/** First and last start among the rows that time and tenant allow; exact filters are left to the page. */
async function extentOf(
  client: ClickHouseClient,
  { params }: Conditions,
  { sort, order }: CallOrder,
): Promise<Extent | undefined> {
  const bounds = [
    ...('tenant' in params ? ['tenant = {tenant:String}'] : []),
    ...('tenants' in params ? ['tenant IN {tenants:Array(String)}'] : []),
    ...('since' in params ? [`at >= ${momentOf('since')}`] : []),
    ...('until' in params ? [`at < ${momentOf('until')}`] : []),
    ...('ats' in params ? [`at IN ${momentsParam('ats')}`] : []),
    ...('cursorAt' in params && sort === 'started'
      ? [`at ${order === 'desc' ? '<=' : '>='} ${momentOf('cursorAt')}`]
      : []),
  ]
  const where = bounds.length === 0 ? '' : `WHERE ${bounds.join(' AND ')}`
  const [row] = await rowsOf<[number, number, number]>(
    client,
    `SELECT count(), toUnixTimestamp64Milli(min(at)), toUnixTimestamp64Milli(max(at)) FROM calls ${where}`,
    params,
  )
  return row === undefined || row[0] === 0 ? undefined : { fromMs: row[1], untilMs: row[2] + 1 }
}

/** The keys of the page are found first, by the narrow columns that filter and order: only its own rows are read whole. */
async function page(
  client: ClickHouseClient,
  conditions: Conditions,
  { fromMs, untilMs, order, limit }: Extent & { readonly order: CallOrder; readonly limit: number },
): Promise<Row[]> {
  const bounded = when(conditions, `at >= ${momentOf('fromMs')} AND at < ${momentOf('untilMs')}`, { fromMs, untilMs })
  const rows = await rowsOf<readonly [...ItemRow, number | null]>(
    client,
    `SELECT ${itemColumns}, ${order.value} FROM calls FINAL
     WHERE is_deleted = 0 AND (tenant, at, id) IN (
       SELECT tenant, at, id FROM calls FINAL WHERE is_deleted = 0 AND ${whereOf(bounded)}
       ORDER BY ${order.by} LIMIT {limit:UInt32})
     ORDER BY ${order.by}`,
    { ...bounded.params, limit },
  )
  return rows.map((row) => [row.slice(0, -1) as unknown as ItemRow, row.at(-1) as number | null])
}

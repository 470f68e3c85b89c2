import type { CallQuery, CallSort, SortOrder } from '#contracts/warehouse.ts'
import { type Conditions, momentOf, when } from './conditions.ts'
import { type Cursor, readCursor } from './cursor.ts'

/** How a list is ordered, and how it goes on after a page. */
export interface CallOrder {
  readonly sort: CallSort
  readonly order: SortOrder
  readonly by: string
  /** What it is sorted by, as an expression with NULL for unknown: the cursor keeps it. */
  readonly value: string
}

const values: Readonly<Record<CallSort, string>> = {
  started: 'CAST(NULL AS Nullable(UInt64))',
  duration: 'talk_ms',
  mos: 'nullIf(worst_mos_hundredths, 0)',
}

export function orderOf({ sort = 'started', order = 'desc' }: Pick<CallQuery, 'sort' | 'order'>): CallOrder {
  const value = values[sort]
  const place = (way: string): string => `at ${way}, tenant ${way}, id ${way}`
  const by = sort === 'started' ? place(order) : `${value} ${order} NULLS LAST, ${place('desc')}`
  return { sort, order, by, value }
}

/** The rest of the list after a page. */
export function afterCursor(conditions: Conditions, text: string, order: CallOrder): Conditions {
  const cursor = readCursor(text, order)
  const { atMs, tenant, id, value } = cursor
  const params = { cursorAt: atMs, cursorTenant: tenant, cursorId: id }
  const placed = value === null ? params : { ...params, cursorValue: value }
  return when(conditions, order.sort === 'started' ? afterPlace(order) : afterValue(cursor, order), placed)
}

const cursorPlace = `(${momentOf('cursorAt')}, {cursorTenant:String}, {cursorId:String})`

/** The first condition is for the primary key, the second exact. */
const afterPlace = ({ order }: CallOrder): string => {
  const sign = order === 'desc' ? '<' : '>'
  return `at ${sign}= ${momentOf('cursorAt')} AND (at, tenant, id) ${sign} ${cursorPlace}`
}

const afterValue = ({ value: last }: Cursor, { value, order }: CallOrder): string => {
  const same = `(at, tenant, id) < ${cursorPlace}`
  if (last === null) return `(isNull(${value}) AND ${same})`
  const beyond = `ifNull(${value} ${order === 'desc' ? '<' : '>'} {cursorValue:UInt64}, 1)`
  return `(${beyond} OR (ifNull(${value} = {cursorValue:UInt64}, 0) AND ${same}))`
}

import type { CallClass, CallQuery } from '../api-types.ts'
import { addressWith } from '../private-query.ts'

/** In the order of how much somebody should care. */
export const classes: readonly CallClass[] = ['poor', 'degraded', 'good', 'unclassified']

/** Filters with one value each, in the order in which addresses name them. */
export const singleFilters = [
  'tenant',
  'carrier',
  'route',
  'gateway',
  'region',
  'codec',
  'disposition',
  'state',
  'finding',
  'fault',
  'since',
  'until',
  'q',
] as const
export type SingleFilter = (typeof singleFilters)[number]

export const sorts = ['started', 'duration', 'mos'] as const
export type Sort = (typeof sorts)[number]
export type Order = 'asc' | 'desc'

/** What the list shows: all of it is in the address, so that a view can be shared and gone back to. */
export interface Filters extends Readonly<Partial<Record<SingleFilter, string>>> {
  readonly classes: readonly CallClass[]
  readonly sort: Sort
  readonly order: Order
}

/** How each sort begins: latest, longest, and for MOS the worst, which is what one looks for. */
export const firstOrder = (sort: Sort): Order => (sort === 'mos' ? 'asc' : 'desc')

/** What an address asks for. What it does not know it ignores: an old link should still show something. */
export function readFilters(address: string): Filters {
  const query = new URLSearchParams(address)
  const asked = (query.get('class') ?? '').split(',')
  const sort = sorts.find((name) => name === query.get('sort')) ?? 'started'
  const order = query.get('order')
  return {
    ...Object.fromEntries(singleFilters.flatMap((name) => givenIn(query, name))),
    classes: classes.filter((name) => asked.includes(name)),
    sort,
    order: order === 'asc' || order === 'desc' ? order : firstOrder(sort),
  }
}

function givenIn(query: URLSearchParams, name: SingleFilter): readonly (readonly [SingleFilter, string])[] {
  const value = query.get(name)?.trim() ?? ''
  return value === '' ? [] : [[name, value]]
}

/** The query that the server is asked, and that the address shows. */
export function queryOf({ classes: chosen, sort, order, ...single }: Filters): CallQuery {
  return {
    ...(chosen.length === 0 ? {} : { class: chosen.join(',') }),
    ...(single as CallQuery),
    ...(sort === 'started' && order === 'desc' ? {} : { sort, order }),
  }
}

/** The address of a view: one spelling for equal filters, and as short as it can be. */
export function addressOf(filters: Filters): string {
  const query = queryOf(filters)
  const names = ['class', ...singleFilters, 'sort', 'order'] as const
  const given = names.flatMap((name) => (query[name] === undefined ? [] : [[name, query[name]]]))
  return addressWith('/', new URLSearchParams(given))
}

/** A link to the list with these values and nothing else. */
export const listAddress = (values: Partial<Record<SingleFilter | 'class', string>>): string =>
  addressOf(readFilters(new URLSearchParams(values).toString()))

export type Change = Partial<Record<SingleFilter, string | undefined>> &
  Partial<Pick<Filters, 'classes' | 'sort' | 'order'>>

/** The filters with some of them changed; an empty or undefined value takes a filter away. */
export function changed(filters: Filters, change: Change): Filters {
  const merged = Object.entries({ ...filters, ...change }).filter(([, value]) => value !== undefined && value !== '')
  return Object.fromEntries(merged) as unknown as Filters
}

/** Whether anything narrows the list. Sorting does not. */
export const isNarrowed = (filters: Filters): boolean =>
  filters.classes.length > 0 || singleFilters.some((name) => filters[name] !== undefined)

/** How many things narrow it; a time range counts once. */
export const filterCount = (filters: Filters): number =>
  Number(filters.classes.length > 0) +
  Number(filters.since !== undefined || filters.until !== undefined) +
  singleFilters.filter((name) => name !== 'since' && name !== 'until' && filters[name] !== undefined).length

export const cleared = (filters: Filters): Filters => ({ classes: [], sort: filters.sort, order: filters.order })

/** A header was clicked: its sort, or the other way round when it was that already. */
export function sortedBy(filters: Filters, sort: Sort): Filters {
  if (filters.sort !== sort) return { ...filters, sort, order: firstOrder(sort) }
  return { ...filters, order: filters.order === 'asc' ? 'desc' : 'asc' }
}

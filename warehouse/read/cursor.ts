import { z } from 'zod'
import type { CallSort, SortOrder } from '#contracts/warehouse.ts'

/** The last call of a page: the next page begins after its place. */
export interface Cursor {
  readonly sort: CallSort
  readonly order: SortOrder
  /** What the page is sorted by; null: not known. Nothing for `started`, which the place itself says. */
  readonly value: number | null
  readonly atMs: number
  readonly tenant: string
  readonly id: string
}

/** Within what the column of start times can hold. */
const latestMs = Date.UTC(2200, 0)

const shape = z.tuple([
  z.enum(['started', 'duration', 'mos']),
  z.enum(['asc', 'desc']),
  z.int().min(0).nullable(),
  z.int().min(0).max(latestMs),
  z.string(),
  z.string(),
])

export const cursorText = ({ sort, order, value, atMs, tenant, id }: Cursor): string =>
  Buffer.from(JSON.stringify([sort, order, value, atMs, tenant, id])).toString('base64url')

/** A cursor that is none of ours, or of another list, is the client's fault. */
export class BadCursor extends Error {
  readonly statusCode = 400
  constructor(fix: string) {
    super(`cursor: ${fix}`)
    this.name = 'BadCursor'
  }
}

export function readCursor(text: string, { sort, order }: Pick<Cursor, 'sort' | 'order'>): Cursor {
  const cursor = decode(text)
  if (cursor === undefined)
    throw new BadCursor('is none that a page before has given; leave it out to begin at the first page')
  if (cursor.sort !== sort || cursor.order !== order)
    throw new BadCursor(
      `was given for sort=${cursor.sort}&order=${cursor.order}; leave it out to begin at the first page of another order`,
    )
  return cursor
}

function decode(text: string): Cursor | undefined {
  try {
    const [sort, order, value, atMs, tenant, id] = shape.parse(
      JSON.parse(Buffer.from(text, 'base64url').toString('utf8')),
    )
    return { sort, order, value, atMs, tenant, id }
  } catch {
    return undefined
  }
}

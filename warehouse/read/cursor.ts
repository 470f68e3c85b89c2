import { z } from 'zod'

/** The last call of a page: the next page begins after its place. */
export interface Cursor {
  readonly atMs: number
  readonly tenant: string
  readonly id: string
}

const shape = z.tuple([z.int(), z.string(), z.string()])

export const cursorText = ({ atMs, tenant, id }: Cursor): string =>
  Buffer.from(JSON.stringify([atMs, tenant, id])).toString('base64url')

/** A cursor that is none of ours is the client's fault. */
export class BadCursor extends Error {
  readonly statusCode = 400
  constructor() {
    super('cursor: is none that a page before has given; leave it out to begin at the first page')
    this.name = 'BadCursor'
  }
}

export function readCursor(text: string): Cursor {
  try {
    const [atMs, tenant, id] = shape.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
    return { atMs, tenant, id }
  } catch {
    throw new BadCursor()
  }
}

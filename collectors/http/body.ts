import { promisify } from 'node:util'
import { gunzip, inflate, zstdDecompress } from 'node:zlib'
import { holdsMoreThan } from '#contracts/json-structure.ts'
import { Problem } from './problem.ts'

const decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  zstd: promisify(zstdDecompress),
} as const

/** Undoes Content-Encoding, never beyond `limit` bytes: a gzip bomb costs no more than an honest body. */
export async function decompress(body: Buffer, encoding: string | undefined, limit: number): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase()
  if (name === undefined || name === '' || name === 'identity') return body
  if (!Object.hasOwn(decoders, name))
    throw new Problem(415, 'Content-Encoding: must be gzip, deflate, zstd or left out')
  try {
    return await decoders[name as keyof typeof decoders](body, { maxOutputLength: limit })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit)
    throw new Problem(400, `the body is not valid ${name}`)
  }
}

export const tooLarge = (limit: number): Problem =>
  new Problem(
    413,
    `the body is larger than ${Math.floor(limit / 1_048_576)} MiB after decompression: send smaller batches`,
  )

/** Deepest honest nesting: batch, event, data, lists within. */
const maxDepth = 24
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Objects and lists of a body: a full batch of events holds a fifth of them. Two bytes make an empty one, and a parser takes long over millions. */
const maxStructure = 300_000

/** JSON that is safe to hand on: UTF-8, not nested beyond reason, no key that would become a prototype. */
export function parseJson(body: Uint8Array): unknown {
  if (holdsMoreThan(maxStructure, body))
    throw new Problem(
      413,
      `the body holds more than ${maxStructure.toLocaleString('en')} objects and lists: send smaller batches`,
    )
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(body))
  } catch {
    throw new Problem(400, 'the body is not JSON in UTF-8')
  }
  inspect(value, 0)
  return value
}

function inspect(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > maxDepth) throw new Problem(400, `the body is nested deeper than ${maxDepth} levels: flatten it`)
  if (Array.isArray(value)) {
    for (const element of value) inspect(element, depth + 1)
    return
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw new Problem(400, 'a key named "__proto__" is not allowed: remove it')
    inspect((value as Record<string, unknown>)[key], depth + 1)
  }
}

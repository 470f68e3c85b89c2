import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { ArchivedObject, ObjectContent, ObjectStore } from '#contracts/archive.ts'

/** `damaged`: it is there, and not what was written. */
export type Fetched =
  | { readonly type: 'fetched' }
  | { readonly type: 'damaged' }
  | Exclude<ObjectContent, { readonly type: 'ready' }>

/**
 * Copies an object to a file and compares it with its checksum: nothing of it is read before all of it is known to be what
 * was written. Without a file it is only compared.
 */
export async function fetchObject(
  store: Pick<ObjectStore, 'get'>,
  { key, sha256, bytes }: Pick<ArchivedObject, 'key' | 'sha256' | 'bytes'>,
  path?: string,
): Promise<Fetched> {
  const content = await store.get(key)
  if (content.type !== 'ready') return content
  const hash = createHash('sha256')
  const file = path === undefined ? undefined : await open(path, 'w', 0o600)
  let length = 0
  try {
    for await (const chunk of content.body) {
      length += chunk.length
      // What is longer than it should be is wrong already, and could be without end.
      if (length > bytes) return { type: 'damaged' }
      hash.update(chunk)
      await file?.writeFile(chunk)
    }
  } finally {
    await file?.close()
  }
  return length === bytes && hash.digest('hex') === sha256 ? { type: 'fetched' } : { type: 'damaged' }
}

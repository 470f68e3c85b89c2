import { createHash, randomUUID } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import type { ObjectStore } from '#contracts/archive.ts'
import { openObjectStore } from '#sinks/archive/object-store.ts'
import type { Config } from '../config.ts'
import { asked, type Check, unwell, well } from './check.ts'

const what = 'archive'
/** A bucket far away answers within seconds; one that does not exist is asked for several times. */
const patienceMs = 30_000

/** Puts an object into the bucket or folder, reads it, and removes it. */
export async function checkArchive({ archive }: Config): Promise<readonly Check[]> {
  const store = openObjectStore(archive, randomUUID)
  if (store === undefined) return []
  try {
    return await asked(what, 'are archive.url, archive.endpoint and the key right?', () =>
      Promise.race([tryOut(store), late(patienceMs)]),
    )
  } finally {
    await store.close()
  }
}

async function late(ms: number): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  setTimeout(() => reject(new Error('no answer in time')), ms).unref()
  return promise
}

async function tryOut(store: ObjectStore): Promise<Check> {
  const key = `doctor/${randomUUID()}`
  const body = Buffer.from(`callscope doctor ${key}`)
  const sha256 = createHash('sha256').update(body).digest('hex')
  const refused = await outcome(() => store.put({ key, body, sha256, dataClass: 'activity' }))
  if (refused !== undefined) return unwell(what, `${store.name}: ${refused}: ${fixOf(refused)}`)
  const unread = await outcome(async () => {
    const content = await store.get(key)
    if (content.type !== 'ready') throw new Error(`what was put is ${content.type}`)
    if (!(await buffer(content.body)).equals(body)) throw new Error('what was put came back changed')
  })
  const kept = await outcome(() => store.remove(key))
  if (unread !== undefined)
    return unwell(what, `${store.name} takes objects and does not give them back: ${unread}: ${fixOf(unread)}`)
  // Only the doctor removes anything: objects end by the bucket's own rules.
  return well(
    what,
    `${store.name} takes and gives objects${kept === undefined ? '' : `; ${key} stays in it, which may go`}`,
  )
}

async function outcome(step: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await step()
    return undefined
  } catch (error) {
    return causeOf(error)
  }
}

/** The stores' errors quote neither keys nor secrets; a folder's name paths, of which the kind is enough. */
function causeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}

const fixes: readonly (readonly [RegExp, string])[] = [
  [/NoSuchBucket/, 'make the bucket, or name another (archive.url)'],
  [/AccessDenied|Forbidden|\(403\)/, 'allow this key s3:PutObject, s3:PutObjectTagging and s3:GetObject on the bucket'],
  [
    /InvalidAccessKeyId|SignatureDoesNotMatch|Credentials/,
    'key or secret is wrong (archive.accessKeyId, archive.secretAccessKey)',
  ],
  [/PermanentRedirect|AuthorizationHeaderMalformed|\(301\)/, 'the bucket is in another region (archive.region)'],
  [/EACCES|EPERM|EROFS/, 'let the user that runs callscope write to the folder (archive.url)'],
  [/ENOSPC|EDQUOT/, 'make room'],
]

const fixOf = (cause: string): string =>
  fixes.find(([pattern]) => pattern.test(cause))?.[1] ?? 'is it reachable (archive.url, archive.endpoint)?'

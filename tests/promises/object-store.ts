import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NewObject, ObjectStore } from '#contracts/archive.ts'

/** What every object store promises. */
export function describeObjectStore(name: string, open: () => Promise<ObjectStore>): void {
  describe(`${name}: an object store`, () => {
    let store: ObjectStore
    beforeAll(async () => {
      store = await open()
    })
    afterAll(() => store?.close())

    test('gives back what was put, and says how long it is', async () => {
      const object = anObject('topic=t/tenant=acme/day=2026-01-31/one.parquet', 100_000)
      const { storageClass } = await store.put(object)
      expect(await store.head(object.key)).toEqual({ type: 'ready', bytes: 100_000, storageClass })
      expect(await contentOf(store, object.key)).toEqual(object.body)
    })

    test('takes the same object again, and another one under another name', async () => {
      const object = anObject('again.parquet', 10)
      await store.put(object)
      await store.put(object)
      await Promise.all([store.put(object), store.put(object), store.put(anObject('other.parquet', 20))])
      expect(await contentOf(store, object.key)).toEqual(object.body)
    })

    test('removes one object and no other, and does not mind one that has gone', async () => {
      const [gone, stays] = [anObject('tried/gone', 10), anObject('tried/stays', 10)]
      for (const object of [gone, stays]) await store.put(object)
      await store.remove(gone.key)
      await store.remove(gone.key)
      expect(await store.head(gone.key)).toEqual({ type: 'missing' })
      expect(await contentOf(store, stays.key)).toEqual(stays.body)
    })

    test('says what it does not have', async () => {
      expect(await store.head('nothing/here')).toEqual({ type: 'missing' })
      expect(await store.get('nothing/here')).toEqual({ type: 'missing' })
    })
  })
}

const anObject = (key: string, bytes: number): NewObject => {
  const body = Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 31 + key.length) & 0xff))
  return { key, body, sha256: createHash('sha256').update(body).digest('hex'), dataClass: 'calls' }
}

async function contentOf(store: ObjectStore, key: string): Promise<Buffer> {
  const content = await store.get(key)
  if (content.type !== 'ready') throw new Error(content.type)
  const chunks: Uint8Array[] = []
  for await (const chunk of content.body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

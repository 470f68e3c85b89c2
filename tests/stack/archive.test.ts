import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { beforeAll, expect, test } from 'vitest'
import { createArchiveDesk } from '#app/archive/archive-desk.ts'
import { createForgets } from '#app/desk/forgets.ts'
import { watchEmbedded } from '#app/stores/open-log.ts'
import type { NewRecord } from '#contracts/event-log.ts'
import { pause } from '#pipelines/pause.ts'
import { createS3Store } from '#sinks/archive/s3-store.ts'
import { aStage, startFlow } from '#tests/flow/flow.ts'
import { describeObjectStore } from '#tests/promises/object-store.ts'

/** An S3-compatible service: its URL, with whatever key it takes. */
const endpoint = process.env.CALLSCOPE_TEST_S3 ?? 'http://127.0.0.1:9000'
const credentials = {
  accessKeyId: process.env.CALLSCOPE_TEST_S3_KEY ?? 'test',
  secretAccessKey: process.env.CALLSCOPE_TEST_S3_SECRET ?? 'test-secret',
}
const place = { bucket: `callscope-test-${Date.now()}`, prefix: 'raw/', region: 'us-east-1', endpoint, ...credentials }
const client = new S3Client({ endpoint, forcePathStyle: true, region: place.region, credentials })

beforeAll(async () => {
  await client.send(new CreateBucketCommand({ Bucket: place.bucket }))
})

describeObjectStore('S3', async () => createS3Store(place))

test('a refusal of S3 says what was done, and neither key nor secret', async () => {
  const store = createS3Store({ ...place, bucket: 'no-such-bucket-of-ours' })
  const body = Buffer.from('x')
  const put = store.put({
    key: 'secret-key',
    body,
    sha256: createHash('sha256').update(body).digest('hex'),
    dataClass: 'calls',
  })
  await expect(put).rejects.toThrow(/^the archive's put failed: NoSuchBucket \(404\)$/)
})

test('what is archived on S3 is whole, and is replayed from there', async () => {
  const { bucket, region: _, prefix, ...access } = place
  const flow = await startFlow(Date.now(), {
    archive: { ...access, url: `s3://${bucket}/${prefix}flow`, flushSeconds: 60 },
  })
  try {
    const { tenant, at, event, sample } = aStage(flow)
    const messages = [
      event('c', 'call.started', at(0), { from: 'alice@example.com' }),
      sample('c', at(5)),
      event('c', 'call.ended', at(9)),
    ]
    await flow.deliver(...messages)
    await flow.drained()
    flow.clock.advance(600_000)
    const sent: NewRecord[] = []
    const desk = createArchiveDesk({
      ...{ registry: flow.registry, archive: flow.archive, clock: flow.clock.now, config: { topicTenants: {} } },
      log: { append: async (records) => void sent.push(...records) },
      spoolFolder: join(flow.folder, 'spool'),
    })
    const rowsOf = async () => (await desk.plan({ tenant })).rows
    while ((await rowsOf()) < messages.length) await pause(50, new AbortController().signal)
    expect(await desk.verify({})).toMatchObject({ refused: [] })
    expect(await desk.replay({ tenant })).toMatchObject({ refused: [], counts: { messages: messages.length } })
    expect(sent.map(({ value }) => Buffer.from(value).toString()).sort()).toEqual(
      messages.map(({ value }) => value).sort(),
    )
    await flow.registry.erasures.add({ tenant, kind: 'call', subjects: ['c'], madeBy: 'a test' })
    const elsewhere = { logs: undefined, tracesRetentionMs: undefined }
    const { stores } = createForgets(
      { ...flow, watch: watchEmbedded(flow.log), elsewhere },
      { config: { topicTenants: {} }, clock: flow.clock.now, spoolFolder: join(flow.folder, 'spool') },
    )
    const before = await Array.fromAsync(flow.registry.archive.objects({ tenant }))
    expect(await stores.rewriteArchive?.(tenant)).toMatchObject({ rewritten: 1, messages: 1, left: {} })
    const after = await Array.fromAsync(flow.registry.archive.objects({ tenant }))
    const gone = before.filter(({ key }) => !after.some((object) => object.key === key))
    expect(await Promise.all(gone.map(({ key }) => flow.archive?.store.head(key)))).toEqual([{ type: 'missing' }])
    expect(await desk.verify({})).toMatchObject({ refused: [] })
    sent.length = 0
    await desk.replay({ tenant })
    const again = sent.map(({ value }) => Buffer.from(value).toString())
    expect(again).toHaveLength(messages.length)
    expect(again.join()).toContain('"from":"erased"')
    expect(again.join()).not.toContain('alice@example.com')
  } finally {
    await flow.stop()
  }
})

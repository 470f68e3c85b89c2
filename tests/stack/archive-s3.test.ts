import { createHash } from 'node:crypto'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { beforeAll, expect, test } from 'vitest'
import { createS3Store } from '#sinks/archive/s3-store.ts'
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

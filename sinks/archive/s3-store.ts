import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'
import type { ObjectState, ObjectStore } from '#contracts/archive.ts'

export interface S3StoreOptions {
  readonly bucket: string
  /** Before every key; '' or ending in '/'. */
  readonly prefix: string
  readonly region: string
  /** A service other than AWS, addressed by path: such services seldom have a name for every bucket. */
  readonly endpoint?: string | undefined
  /** Without them the usual AWS sources are asked. */
  readonly accessKeyId?: string | undefined
  readonly secretAccessKey?: string | undefined
}

/** What a lifecycle rule filters by. */
export const dataClassTag = 'callscope-data-class'

/** An object of this size takes a second or two. */
const requestTimeoutMs = 120_000
const attempts = 5

/** Objects in an S3-compatible bucket. Errors name what was done and the service's own word for it, never a key or a secret. */
export function createS3Store(options: S3StoreOptions): ObjectStore {
  const { bucket, prefix } = options
  const client = new S3Client(clientConfig(options))
  const place = (key: string) => ({ Bucket: bucket, Key: `${prefix}${key}` })

  async function head(key: string): Promise<ObjectState> {
    try {
      const found = await client.send(new HeadObjectCommand(place(key)))
      return stateOf(found)
    } catch (error) {
      return missingOr(error, 'head')
    }
  }

  return {
    name: `s3://${bucket}/${prefix}`,
    async put({ key, body, sha256, dataClass }) {
      try {
        const put = new PutObjectCommand({
          ...place(key),
          Body: body,
          ContentLength: body.length,
          ContentType: 'application/vnd.apache.parquet',
          // The service refuses what came damaged.
          ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
          Tagging: `${dataClassTag}=${dataClass}`,
        })
        await client.send(put)
        return { storageClass: 'STANDARD' }
      } catch (error) {
        throw storeError(error, 'put')
      }
    },
    head,
    async get(key) {
      try {
        const { Body: body } = await client.send(new GetObjectCommand(place(key)))
        return { type: 'ready', body: body as AsyncIterable<Uint8Array> }
      } catch (error) {
        // Only head tells whether it is being restored.
        if ((error as Error).name === 'InvalidObjectState') return await frozenState(key)
        return missingOr(error, 'get')
      }
    },
    async remove(key) {
      try {
        await client.send(new DeleteObjectCommand(place(key)))
      } catch (error) {
        throw storeError(error, 'remove')
      }
    },
    close: async () => client.destroy(),
  }

  async function frozenState(key: string): Promise<Exclude<ObjectState, { readonly type: 'ready' }>> {
    const state = await head(key)
    return state.type === 'ready' ? { type: 'frozen', storageClass: state.storageClass, restoring: false } : state
  }
}

function clientConfig({ region, endpoint, accessKeyId, secretAccessKey }: S3StoreOptions): S3ClientConfig {
  return {
    region,
    maxAttempts: attempts,
    // Ours is stated; further ones by default are what many S3-likes do not know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { requestTimeout: requestTimeoutMs, connectionTimeout: 10_000 },
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
  }
}

const frozenClasses: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE'])

interface Head {
  readonly ContentLength?: number | undefined
  readonly StorageClass?: string | undefined
  /** Of INTELLIGENT_TIERING: which of its frozen tiers. */
  readonly ArchiveStatus?: string | undefined
  /** `ongoing-request="true"`, or "false" and until when the restored copy stays. */
  readonly Restore?: string | undefined
}

/** What HeadObject says of an object. */
export function stateOf({
  ContentLength: bytes = 0,
  StorageClass: storageClass = 'STANDARD',
  ArchiveStatus: archived,
  Restore: restore,
}: Head): ObjectState {
  const frozen = frozenClasses.has(storageClass) || archived !== undefined
  if (!frozen || restore?.includes('ongoing-request="false"')) return { type: 'ready', bytes, storageClass }
  return {
    type: 'frozen',
    storageClass: archived ?? storageClass,
    restoring: restore?.includes('ongoing-request="true"') === true,
  }
}

function missingOr(error: unknown, doing: string): { readonly type: 'missing' } {
  const { name } = error as Error
  if (name === 'NotFound' || name === 'NoSuchKey') return { type: 'missing' }
  throw storeError(error, doing)
}

/** The SDK's own messages quote keys and hosts. */
function storeError(error: unknown, doing: string): Error {
  const { name, $metadata } = error as Error & { readonly $metadata?: { readonly httpStatusCode?: number } }
  const status = $metadata?.httpStatusCode
  return new Error(`the archive's ${doing} failed: ${name}${status === undefined ? '' : ` (${status})`}`)
}

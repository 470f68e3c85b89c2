import { createHash } from 'node:crypto'
import type { ArchivedObject, DataClass, NewObject } from '#contracts/archive.ts'
import type { LogRecord } from '#contracts/event-log.ts'
import { topicNames } from '#contracts/topics.ts'
import type { FullCut } from './cutter.ts'
import type { TenantOf } from './tenants.ts'

/** Messages of one tenant as the bytes of a file, the same for the same messages; `about` goes into the file too. */
export type EncodeFile = (
  records: readonly LogRecord[],
  tenant: string,
  about: Readonly<Record<string, string>>,
) => Promise<Uint8Array>

/** A file to be put, and all that the index says of it but for what is known when it has been. */
export interface ArchiveFile {
  readonly object: NewObject
  readonly entry: Omit<ArchivedObject, 'storageClass' | 'retentionUntilMs' | 'writtenMs' | 'erasedUntil'>
}

/** Messages of one tenant and day. */
export interface Share {
  readonly tenant: string
  readonly day: string
  readonly records: readonly LogRecord[]
}

/** The files of a cut, one for each tenant and day in it. Made one at a time: encoded bytes should not wait. */
export async function* filesOf(cut: FullCut, tenantOf: TenantOf, encode: EncodeFile): AsyncGenerator<ArchiveFile> {
  for (const share of sharesOf(cut.records, tenantOf)) yield await fileOf(cut, share, encode)
}

function sharesOf(records: readonly LogRecord[], tenantOf: TenantOf): Iterable<Share> {
  const shares = new Map<string, Share & { readonly records: LogRecord[] }>()
  for (const record of records) {
    const tenant = tenantOf(record)
    const day = new Date(record.logTimeMs).toISOString().slice(0, 10)
    const known = shares.get(`${day} ${tenant}`)
    if (known === undefined) shares.set(`${day} ${tenant}`, { tenant, day, records: [record] })
    else known.records.push(record)
  }
  return shares.values()
}

/** The file of one share, within the bounds of its cut. */
export async function fileOf(
  cut: Pick<FullCut, 'topic' | 'partition' | 'epoch' | 'fromOffset' | 'toOffset'>,
  share: Share,
  encode: EncodeFile,
): Promise<ArchiveFile> {
  const { tenant, day, records } = share
  const { topic, partition, epoch, fromOffset, toOffset } = cut
  const dataClass = classOf(topic)
  const about = { topic, partition, epoch, fromOffset, toOffset, tenant, day, dataClass }
  const body = await encode(
    records,
    tenant,
    Object.fromEntries(Object.entries(about).map(([name, value]) => [`callscope.${name}`, String(value)])),
  )
  const sha256 = createHash('sha256').update(body).digest('hex')
  const key = keyOf(about, sha256)
  const times = records.map(({ logTimeMs }) => logTimeMs)
  const firstLogMs = times.reduce((a, b) => Math.min(a, b))
  const lastLogMs = times.reduce((a, b) => Math.max(a, b))
  return {
    object: { key, body, sha256, dataClass },
    entry: { ...about, key, sha256, firstLogMs, lastLogMs, rows: records.length, bytes: body.length },
  }
}

/**
 * `name=value` folders, which DuckDB, Spark and ClickHouse read as columns. The name says which offsets, and what is in it:
 * an object is never overwritten with another content, whoever writes it again.
 */
function keyOf(
  about: Pick<ArchivedObject, 'topic' | 'partition' | 'fromOffset' | 'toOffset' | 'tenant' | 'day'>,
  sha256: string,
): string {
  const { topic, partition, fromOffset, toOffset, tenant, day } = about
  const offset = (value: number) => String(value).padStart(15, '0')
  const name = `${String(partition).padStart(5, '0')}-${offset(fromOffset)}-${offset(toOffset)}-${sha256.slice(0, 12)}`
  return `topic=${topic}/tenant=${encodeURIComponent(tenant)}/day=${day}/${name}.parquet`
}

const classes: Readonly<Partial<Record<string, DataClass>>> = {
  [topicNames.appLogs]: 'logs',
  [topicNames.traceSpans]: 'traces',
  [topicNames.auditEvents]: 'audit',
  [topicNames.chatEvents]: 'activity',
  [topicNames.presenceEvents]: 'activity',
}

const classOf = (topic: string): DataClass => classes[topic] ?? 'calls'

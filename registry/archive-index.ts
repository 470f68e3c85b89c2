import {
  type ArchivedObject,
  type ArchiveFilter,
  type ArchiveIndex,
  type ArchiveSummary,
  type Cut,
  mixedTenant,
  unknownTenant,
} from '#contracts/archive.ts'
import type { TopicPartition } from '#contracts/event-log.ts'
import { asSystem, type Database, type Queries, type Row } from './database.ts'

/** Objects asked for at once: a page is some hundred kilobytes. */
const pageSize = 500

/** Our own lock among those of the database: 'csAR' in ASCII. */
const archiveLock = 0x63734152

export function createArchiveIndex(database: Database): ArchiveIndex {
  return {
    last: (place) => asSystem(database, (queries) => lastOf(queries, place)),
    add: (cut, objects) => asSystem(database, (queries) => add(queries, cut, objects)),
    async *objects(filter) {
      let after: ArchivedObject | undefined
      for (;;) {
        const page = await asSystem(database, (queries) => pageOf(queries, filter, after))
        yield* page
        after = page.at(-1)
        if (page.length < pageSize) return
      }
    },
    summary: (filter, limit) => asSystem(database, (queries) => summaryOf(queries, filter, limit)),
  }
}

async function lastOf({ query }: Queries, { topic, partition }: TopicPartition): Promise<Cut | undefined> {
  const [row] = await query(
    `SELECT * FROM callscope.archive_cuts WHERE topic = $1 AND partition = $2
     ORDER BY epoch DESC, from_offset DESC LIMIT 1`,
    [topic, partition],
  )
  return row === undefined ? undefined : cutFrom(row)
}

async function add(queries: Queries, cut: Cut, objects: readonly ArchivedObject[]): Promise<'added' | 'covered'> {
  const { topic, partition, epoch, fromOffset, toOffset, lastLogMs } = cut
  // Two members may believe that a partition is theirs: they are heard one after another.
  await queries.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [archiveLock, `${topic}/${partition}`])
  const [known] = await queries.query(
    `SELECT from_offset, to_offset FROM callscope.archive_cuts
     WHERE topic = $1 AND partition = $2 AND epoch = $3 AND from_offset < $5 AND to_offset > $4 LIMIT 1`,
    [topic, partition, epoch, fromOffset, toOffset],
  )
  if (known !== undefined)
    return Number(known.from_offset) === fromOffset && Number(known.to_offset) === toOffset ? 'added' : 'covered'
  await queries.query('INSERT INTO callscope.archive_cuts VALUES ($1, $2, $3, $4, $5, $6)', [
    ...[topic, partition, epoch, fromOffset, toOffset, lastLogMs],
  ])
  for (const object of objects) await insertObject(queries, object)
  return 'added'
}

export async function insertObject({ query }: Queries, object: ArchivedObject): Promise<void> {
  await query(
    `INSERT INTO callscope.archive_objects
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8::date, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
    [
      ...[object.key, object.topic, object.partition, object.epoch, object.fromOffset, object.toOffset],
      ...[object.tenant, object.day, object.firstLogMs, object.lastLogMs, object.rows, object.bytes, object.sha256],
      ...[object.dataClass, object.storageClass, object.retentionUntilMs, object.writtenMs, object.erasedUntil],
    ],
  )
}

/** Whatever is not asked for is null, and then everything passes. */
const matches = `
  ($1::text IS NULL OR tenant IN ($1, '${mixedTenant}', '${unknownTenant}'))
  AND ($2::text IS NULL OR topic = $2)
  AND ($3::bigint IS NULL OR last_log_ms >= $3)
  AND ($4::bigint IS NULL OR first_log_ms < $4)
  AND ($5::bigint IS NULL OR erased_until < $5)`

const filterValues = ({ tenant, topic, sinceMs, untilMs, notErasedUntil }: ArchiveFilter) => [
  ...[tenant ?? null, topic ?? null, sinceMs ?? null, untilMs ?? null, notErasedUntil ?? null],
]

async function pageOf({ query }: Queries, filter: ArchiveFilter, after: ArchivedObject | undefined) {
  const rows = await query(
    `SELECT *, to_char(day, 'YYYY-MM-DD') AS day_text FROM callscope.archive_objects
     WHERE ${matches} AND ($6::bigint IS NULL OR (first_log_ms, key) > ($6, $7))
     ORDER BY first_log_ms, key LIMIT ${pageSize}`,
    [...filterValues(filter), after?.firstLogMs ?? null, after?.key ?? null],
  )
  return rows.map(objectFrom)
}

async function summaryOf({ query }: Queries, filter: ArchiveFilter, limit: number): Promise<readonly ArchiveSummary[]> {
  const rows = await query(
    `SELECT tenant, to_char(day, 'YYYY-MM-DD') AS day_text, topic, count(*) AS objects, sum(rows) AS rows,
       sum(bytes) AS bytes, min(retention_until_ms) AS retention_until_ms
     FROM callscope.archive_objects WHERE ${matches}
     GROUP BY tenant, day, topic ORDER BY day DESC, tenant, topic LIMIT $6`,
    [...filterValues(filter), limit],
  )
  return rows.map((row) => ({
    tenant: String(row.tenant),
    day: String(row.day_text),
    topic: String(row.topic),
    objects: Number(row.objects),
    rows: Number(row.rows),
    bytes: Number(row.bytes),
    retentionUntilMs: Number(row.retention_until_ms),
  }))
}

const cutFrom = (row: Row): Cut => ({
  topic: String(row.topic),
  partition: Number(row.partition),
  epoch: Number(row.epoch),
  fromOffset: Number(row.from_offset),
  toOffset: Number(row.to_offset),
  lastLogMs: Number(row.last_log_ms),
})

const objectFrom = (row: Row): ArchivedObject => ({
  ...cutFrom(row),
  key: String(row.key),
  tenant: String(row.tenant),
  day: String(row.day_text),
  firstLogMs: Number(row.first_log_ms),
  rows: Number(row.rows),
  bytes: Number(row.bytes),
  sha256: String(row.sha256),
  // The table's check holds it to the closed set.
  dataClass: row.data_class as ArchivedObject['dataClass'],
  storageClass: String(row.storage_class),
  retentionUntilMs: Number(row.retention_until_ms),
  writtenMs: Number(row.written_ms),
  erasedUntil: Number(row.erased_until),
})

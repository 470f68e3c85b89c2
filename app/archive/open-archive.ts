import { randomUUID } from 'node:crypto'
import type { ArchiveIndex, ObjectStore } from '#contracts/archive.ts'
import type { LogRecord } from '#contracts/event-log.ts'
import { type ArchiveParts, createArchivePipeline } from '#pipelines/archive.ts'
import type { Pipeline } from '#pipelines/pipeline.ts'
import type { ArchiveConfig } from '#sinks/archive/config.ts'
import { openObjectStore } from '#sinks/archive/object-store.ts'
import { writeParquet } from '#sinks/archive/write-parquet.ts'
import { deadLetters } from '#sinks/dead-letter/build.ts'

/** The archive of an install: where objects lie, and the index that knows them. */
export interface Archive {
  readonly store: ObjectStore
  readonly index: ArchiveIndex
  readonly rules: ArchiveParts['rules']
}

/** Undefined where `archive.url` names no place. Nothing is asked of the place before something is archived. */
export function openArchive(config: ArchiveConfig, index: ArchiveIndex): Archive | undefined {
  const store = openObjectStore(config, randomUUID)
  return store === undefined ? undefined : { store, index, rules: rulesOf(config) }
}

const mebibyte = 1_048_576
const dayMs = 86_400_000

const rulesOf = (config: ArchiveConfig): Archive['rules'] => ({
  windowMs: config.flushSeconds * 1_000,
  maxBytes: config.flushMiB * mebibyte,
  maxTotalBytes: config.bufferMiB * mebibyte,
  retentionMs: config.retentionDays * dayMs,
})

/** The pipeline `archive`. */
export const archivePipeline = (
  archive: Archive,
  parts: Pick<ArchiveParts, 'log' | 'tenants' | 'topicTenant' | 'clock' | 'observer' | 'limits' | 'forgetting'>,
): Pipeline => {
  const { forget = (record: LogRecord) => record } = parts.forgetting ?? {}
  return createArchivePipeline({
    ...{ ...parts, ...archive, encode: writeParquet },
    deadLetter: (pipeline, parked) => deadLetters(pipeline, parked, (record) => forget(record) !== record),
  })
}

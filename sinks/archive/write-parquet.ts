import { setImmediate } from 'node:timers/promises'
import { constants, zstdCompressSync } from 'node:zlib'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { bytesOf, type LogRecord } from '#contracts/event-log.ts'
import { archiveSchema } from './parquet-file.ts'

/** Bytes of messages in a row group: what a reader holds at a time, and about 20 ms of compressing. */
const rowGroupBytes = 8 * 1_048_576

// Level 3 is zstd's own default; it is stated because the same messages have to give the same bytes.
const compressors = {
  ZSTD: (input: Uint8Array): Uint8Array =>
    zstdCompressSync(input, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
}

/**
 * Messages as a Parquet file, zstd. The same messages give the same bytes, as long as the writer and zstd are of the same
 * version. What is told of the file stands in its footer, so that a file says what it is without its name.
 */
export async function writeParquet(
  records: readonly LogRecord[],
  tenant: string,
  about: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const writer = new ByteWriter(1_048_576)
  const parquet = new ParquetWriter({
    writer,
    schema: archiveSchema,
    codec: 'ZSTD',
    compressors,
    createdBy: 'callscope',
    kvMetadata: Object.entries(about).map(([key, value]) => ({ key, value })),
  })
  for (const group of rowGroupsOf(records)) {
    await parquet.write({ columnData: columnsOf(group, tenant), rowGroupSize: group.length })
    await setImmediate()
  }
  await parquet.finish()
  return writer.getBytes()
}

function* rowGroupsOf(records: readonly LogRecord[]): Generator<readonly LogRecord[]> {
  let group: LogRecord[] = []
  let bytes = 0
  for (const record of records) {
    if (bytes + record.value.length > rowGroupBytes && group.length > 0) {
      yield group
      group = []
      bytes = 0
    }
    group.push(record)
    bytes += record.value.length
  }
  if (group.length > 0) yield group
}

const columnsOf = (records: readonly LogRecord[], tenant: string) => [
  { name: 'topic', data: records.map(({ topic }) => topic) },
  { name: 'partition', data: Int32Array.from(records, ({ partition }) => partition) },
  { name: 'offset', data: BigInt64Array.from(records, ({ offset }) => BigInt(offset)) },
  { name: 'log_time_ms', data: BigInt64Array.from(records, ({ logTimeMs }) => BigInt(logTimeMs)) },
  // Keys and bodies are personal data: their least and greatest have no business in a footer.
  { name: 'key', data: records.map(({ key }) => key), statistics: false },
  { name: 'headers', data: records.map(({ headers }) => JSON.stringify(headers)), statistics: false },
  { name: 'value', data: records.map(bytesOf), statistics: false, encoding: 'PLAIN' as const },
  { name: 'tenant', data: records.map(() => tenant) },
]

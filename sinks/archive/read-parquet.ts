import { type FileHandle, open } from 'node:fs/promises'
import { zstdDecompressSync } from 'node:zlib'
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import type { LogRecord } from '#contracts/event-log.ts'
import type { ArchivedRow } from './parquet-file.ts'

const compressors = { ZSTD: (input: Uint8Array): Uint8Array => zstdDecompressSync(input) }

/** Messages of an archived file, a row group at a time: about 8 MiB of them. Throws on what is no such file. */
export async function* readParquet(path: string): AsyncGenerator<readonly LogRecord[]> {
  const handle = await open(path, 'r')
  try {
    const file = await bufferOf(handle)
    const metadata = await parquetMetadataAsync(file)
    let rowStart = 0
    for (const { num_rows } of metadata.row_groups) {
      const rowEnd = rowStart + Number(num_rows)
      const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors, utf8: false })
      yield rows.map((row) => recordFrom(row as unknown as ArchivedRow))
      rowStart = rowEnd
    }
  } finally {
    await handle.close()
  }
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat()
  return {
    byteLength: size,
    async slice(start, end = size) {
      const from = start < 0 ? size + start : start
      const bytes = new Uint8Array(Math.max(0, end - from))
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, from)
      if (bytesRead !== bytes.length) throw new Error('the file ends too early')
      return bytes.buffer
    },
  }
}

const recordFrom = ({ topic, partition, offset, log_time_ms, key, headers, value }: ArchivedRow): LogRecord => ({
  topic,
  partition,
  offset: Number(offset),
  logTimeMs: Number(log_time_ms),
  key: key ?? null,
  headers: JSON.parse(headers) as LogRecord['headers'],
  value,
})

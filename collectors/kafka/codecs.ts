import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompressSync } from 'node:zlib'
import kafkajs, { type CompressionTypes as CompressionType } from 'kafkajs'
import { compressFrame, decompressFrameSync } from 'lz4-napi'

const { CompressionCodecs, CompressionTypes } = kafkajs

// It brings no types.
const snappy = createRequire(import.meta.url)('kafkajs-snappy') as () => unknown

/** What we send with: in every Kafka since 2.1, and in Node itself. */
export const sendCompression: CompressionType = CompressionTypes.ZSTD

/** kafkajs' encoder: what is to be compressed. */
interface Encoded {
  readonly buffer: Buffer
}

// A batch is at most a few MiB (message.max.bytes); what grows past this was made to exhaust memory.
const longestBatchBytes = 256 * 1024 * 1024

const zstd = promisify(zstdCompress)

/**
 * Teaches kafkajs the codecs it does not bring (gzip it does). Decompression is synchronous: a batch is small, and the way
 * through the thread pool costs more than the work.
 */
export function registerCodecs(): void {
  CompressionCodecs[CompressionTypes.Snappy] = snappy
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: ({ buffer }: Encoded) => compressFrame(buffer),
    decompress: async (buffer: Buffer) => decompressFrameSync(buffer),
  })
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: ({ buffer }: Encoded) => zstd(buffer, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer, { maxOutputLength: longestBatchBytes }),
  })
}

import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'

/** One line of a file, without its end. Lines count from 1. */
export interface Line {
  readonly number: number
  readonly text: string
  /** Longer than allowed: `text` is empty. */
  readonly tooLong: boolean
  /** False for a last line without a line end: the file may have been cut inside it. */
  readonly complete: boolean
}

export interface LineLimits {
  readonly maxLineBytes: number
  readonly maxBytes: number
}

/** More bytes than allowed came out of a file: a gzip bomb, or an import to split. Carries no value. */
export class TooManyBytes extends Error {}

const newline = 0x0a
const chunkBytes = 256 * 1024

/** The lines of a file, gunzipped where it is gzip. Holds one line and one chunk at a time. Throws TooManyBytes. */
export async function* readLines(path: string, { maxLineBytes, maxBytes }: LineLimits): AsyncGenerator<Line> {
  let parts: Buffer[] = []
  let held = 0
  let number = 0
  let total = 0
  const take = (complete: boolean): Line => {
    const tooLong = held > maxLineBytes
    const text = tooLong ? '' : trimmed(Buffer.concat(parts).toString('utf8'), number === 0)
    parts = []
    held = 0
    number += 1
    return { number, text, tooLong, complete }
  }
  for await (const chunk of await bytesOf(path)) {
    total += chunk.length
    if (total > maxBytes) throw new TooManyBytes(`more than ${maxBytes} bytes after decompression`)
    let from = 0
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      keep(chunk.subarray(from, at))
      yield take(true)
      from = at + 1
    }
    keep(chunk.subarray(from))
  }
  if (held > 0) yield take(false)

  function keep(bytes: Buffer): void {
    held += bytes.length
    if (held > maxLineBytes) parts = []
    else if (bytes.length > 0) parts.push(bytes)
  }
}

/** The whole text of a file up to a bound; undefined where it is longer. */
export async function readDocument(path: string, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let total = 0
  for await (const chunk of await bytesOf(path)) {
    total += chunk.length
    if (total > maxBytes) return undefined
    chunks.push(chunk)
  }
  return trimmed(Buffer.concat(chunks).toString('utf8'), true)
}

/** The first bytes of a file, after decompression, as text. */
export async function readHead(path: string, bytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let total = 0
  for await (const chunk of await bytesOf(path)) {
    chunks.push(chunk)
    total += chunk.length
    if (total >= bytes) break
  }
  return trimmed(Buffer.concat(chunks).subarray(0, bytes).toString('utf8'), true)
}

async function bytesOf(path: string): Promise<AsyncIterable<Buffer>> {
  const file = await open(path)
  const magic = new Uint8Array(2)
  await file.read(magic, 0, 2, 0).finally(() => file.close())
  const bytes = createReadStream(path, { highWaterMark: chunkBytes })
  if (magic[0] !== 0x1f || magic[1] !== 0x8b) return bytes
  const gunzip = createGunzip({ chunkSize: chunkBytes })
  bytes.on('error', (error) => gunzip.destroy(error))
  gunzip.on('close', () => bytes.destroy())
  return bytes.pipe(gunzip)
}

/** Without the carriage return of CRLF files, and without a byte order mark in front. */
const trimmed = (text: string, first: boolean): string => {
  const plain = text.endsWith('\r') ? text.slice(0, -1) : text
  return first && plain.startsWith('\ufeff') ? plain.slice(1) : plain
}

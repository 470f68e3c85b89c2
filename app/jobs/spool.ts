import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Upload } from '#collectors/http/ports.ts'

/** Runs with the upload as a file: where it lies, or a copy in the spool folder that is removed afterwards. */
export async function asFile<Result>(
  content: Upload['content'],
  folder: string,
  use: (path: string) => Promise<Result>,
): Promise<Result> {
  if ('path' in content) return use(content.path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, randomUUID())
  try {
    await pipeline(Readable.from(content), createWriteStream(path, { mode: 0o600 }))
    return await use(path)
  } finally {
    await rm(path, { force: true })
  }
}

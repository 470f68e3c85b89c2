import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import type { PageFile, Pages } from '#contracts/pages.ts'

/** Where the build puts the page. */
export const builtPage = join(import.meta.dirname, 'dist')

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
}

/** Compressed files that lie beside the one they are made of. */
const compressed = ['.br', '.gz']

/**
 * Reads the built page into memory: some hundred kilobytes, and no request ever names a path on the disk. A folder that
 * does not exist has no files: whoever serves it says what to do.
 */
export async function loadPages(folder: string = builtPage): Promise<Pages> {
  const found = await contentsOf(folder)
  const files = new Map<string, PageFile>()
  for (const [path, content] of found) {
    if (compressed.includes(extname(path))) continue
    const type = types[extname(path)] ?? 'application/octet-stream'
    files.set(path, { type, content, brotli: found.get(`${path}.br`), gzip: found.get(`${path}.gz`) })
  }
  return { find: (path) => files.get(path) }
}

async function contentsOf(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    },
  )
  const contents = new Map<string, Buffer>()
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name)
    contents.set(relative(folder, path).split(sep).join('/'), await readFile(path))
  }
  return contents
}

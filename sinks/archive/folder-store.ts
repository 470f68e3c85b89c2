import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import type { ObjectState, ObjectStore } from '#contracts/archive.ts'

export interface FolderStoreOptions {
  readonly folder: string
  /** A name that nobody else gives: two processes may write the same object at once. */
  readonly unique: () => string
}

const storageClass = 'FOLDER'

/** Objects as files. Written beside their place and moved there when durable: a file under its name is whole. */
export function createFolderStore({ folder, unique }: FolderStoreOptions): ObjectStore {
  const pathOf = (key: string): string => {
    const path = normalize(join(folder, key))
    if (!path.startsWith(`${normalize(folder)}${folder.endsWith(sep) ? '' : sep}`))
      throw new Error('the key of an archived object leads out of the archive: the index was changed by hand')
    return path
  }

  async function head(key: string): Promise<ObjectState> {
    const found = await stat(pathOf(key)).catch(unlessMissing)
    return found?.isFile() ? { type: 'ready', bytes: found.size, storageClass } : { type: 'missing' }
  }

  return {
    name: `file://${folder}`,
    async put({ key, body }) {
      const path = pathOf(key)
      const unfinished = `${path}.${unique()}.part`
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      try {
        await writeDurably(unfinished, body)
        await rename(unfinished, path)
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => undefined)
        throw error
      }
      for (let at = dirname(path); at.length >= normalize(folder).length; at = dirname(at)) await syncFolder(at)
      return { storageClass }
    },
    head,
    async get(key) {
      const state = await head(key)
      return state.type === 'ready' ? { type: 'ready', body: createReadStream(pathOf(key)) } : state
    },
    async remove(key) {
      const folderOf = dirname(pathOf(key))
      await rm(pathOf(key), { force: true })
      // Only where that left its folder empty.
      await rmdir(folderOf).catch(() => undefined)
      if ((await stat(folderOf).catch(unlessMissing)) !== undefined) await syncFolder(folderOf)
    },
    close: async () => undefined,
  }
}

/** Readable by its owner alone: it is what was sent, before anything was taken out. */
async function writeDurably(path: string, body: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(body)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A new name is durable when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function unlessMissing(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
  throw error
}

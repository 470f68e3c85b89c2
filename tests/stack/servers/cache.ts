import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** Where built servers are kept between runs. Outside the repository: a clean clone finds them again. */
export const cacheFolder = process.env.CALLSCOPE_STACK_CACHE ?? join(homedir(), '.cache', 'callscope-stack')

/** Loki takes ten minutes on two slow cores; who waits for another's build waits for three of those at most. */
const lockWaitMs = 30 * 60_000

/**
 * Keeps what is made once for a key that names its version. It is made beside its place and renamed when whole, so that a
 * build that was killed leaves no half of a server, and two runs at once cannot mix theirs.
 */
export function createCache(folder: string) {
  return async function cached(key: string, make: (folder: string) => Promise<void>): Promise<string> {
    const place = join(folder, key)
    if (existsSync(place)) return place
    await mkdir(folder, { recursive: true })
    const release = await lock(`${place}.lock`)
    try {
      if (!existsSync(place)) await makeBeside(place, make)
      return place
    } finally {
      await release()
    }
  }
}

/** The cache of the servers: gives back the folder that `make` filled, in this run or an earlier one. */
export const cached = createCache(cacheFolder)

async function makeBeside(place: string, make: (folder: string) => Promise<void>): Promise<void> {
  const making = `${place}.making-${randomUUID()}`
  try {
    await mkdir(making)
    await make(making)
    await renameUnlessThere(making, place)
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

/** Spares the second of two runs the same work. What is whole and what is half does not hang on it, but on the rename. */
async function lock(path: string): Promise<() => Promise<void>> {
  const deadline = Date.now() + lockWaitMs
  for (;;) {
    try {
      await writeFile(path, `${process.pid}`, { flag: 'wx' })
      return () => rm(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    if (await isLeftOver(path)) await rm(path, { force: true })
    else if (Date.now() > deadline) throw new Error(`${path} has been held for half an hour: remove it`)
    else await pause(500)
  }
}

async function isLeftOver(path: string): Promise<boolean> {
  try {
    const holder = Number(readFileSync(path, 'utf8'))
    // Between its making and its first byte a lock is empty: young ones are given a moment.
    if (!Number.isInteger(holder) || holder < 1) return Date.now() - (await stat(path)).mtimeMs > 5_000
    process.kill(holder, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    // Another run was quicker, and made the same.
    if (!existsSync(to)) throw error
  }
}

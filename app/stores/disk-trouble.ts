import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { CommandError } from '../exit-codes.ts'
import { bytes } from '../text/format.ts'

/** What keeps a store on a disk from being opened, whichever engine says it in whichever words. */
export type DiskTrouble = 'full' | 'quota' | 'read_only' | 'denied' | 'io' | 'files'

const byCode: Readonly<Record<string, DiskTrouble>> = {
  ...{ ENOSPC: 'full', EDQUOT: 'quota', EROFS: 'read_only', EACCES: 'denied', EPERM: 'denied', EIO: 'io' },
  ...{ EMFILE: 'files', ENFILE: 'files' },
}

/** Primary result codes of SQLite (sqlite.org/rescode.html); 14 says only that a file cannot be opened. */
const bySqlite: Readonly<Record<number, DiskTrouble>> = { 3: 'denied', 8: 'read_only', 13: 'full' }

/** Words of the engines, which pass on what the system said, and seldom its code. */
const byWords: readonly (readonly [RegExp, DiskTrouble])[] = [
  [/no space left|disk is full|NOT_ENOUGH_SPACE|ENOSPC/i, 'full'],
  [/quota (is )?exceeded|EDQUOT/i, 'quota'],
  [/read-?only (file system|database)|readonly database|EROFS/i, 'read_only'],
  [/permission denied(?! for )|operation not permitted|EACCES|EPERM/i, 'denied'],
  [/input\/output error|disk I\/O error/i, 'io'],
  [/too many open files|EMFILE/i, 'files'],
]

/** What an error says of the disk; undefined: nothing. Looks through what it was caused by. */
export function diskTroubleOf(error: unknown, depth = 0): DiskTrouble | undefined {
  if (!(error instanceof Error) || depth > 5) return undefined
  const { code, errcode, errno } = error as { code?: unknown; errcode?: unknown; errno?: unknown }
  const named = typeof code === 'string' ? byCode[code] : undefined
  const inSqlite = typeof errcode === 'number' ? bySqlite[errcode & 0xff] : undefined
  // PGlite's file system speaks in numbers: 51 is ENOSPC in Emscripten.
  const inPglite = errno === 51 && error.constructor.name === 'ErrnoError' ? ('full' as const) : undefined
  const inWords = byWords.find(([pattern]) => pattern.test(error.message))?.[1]
  return named ?? inSqlite ?? inPglite ?? inWords ?? diskTroubleOf(error.cause, depth + 1)
}

export interface DiskRoom {
  /** Bytes that this process may still write there. */
  readonly freeBytes: number
  readonly totalBytes: number
  /** Why this process may not write there; undefined: it may. */
  readonly refusal: DiskTrouble | undefined
}

/** What the disk of a folder has left; of the nearest folder above it that exists. Undefined: the system does not say. */
export function roomAt(folder: string): DiskRoom | undefined {
  let place = resolve(folder)
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place)
  try {
    const { bavail, blocks, bsize } = statfsSync(place)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, refusal: refusalAt(place) }
  } catch {
    return undefined
  }
}

function refusalAt(place: string): DiskTrouble | undefined {
  try {
    accessSync(place, constants.W_OK)
    return undefined
  } catch (error) {
    return byCode[(error as NodeJS.ErrnoException).code ?? '']
  }
}

/** Less than an engine needs to start at all: one that fails then, and says nothing of the disk, fails for it. */
const tooLittleBytes = 4 * 1_048_576

const troubleBy = (room: DiskRoom | undefined): DiskTrouble | undefined =>
  room?.refusal ?? (room !== undefined && room.freeBytes < tooLittleBytes ? 'full' : undefined)

/** A store in a folder: what it is called, where it lies. */
export interface StorePlace {
  /** "the event log", "the registry". */
  readonly store: string
  readonly folder: string
}

/**
 * The error to tell of a store that could not be opened: a CommandError with the folder, the room left and the way out where
 * it is the disk's fault, otherwise the error itself.
 */
export function explainDisk(error: unknown, { store, folder }: StorePlace): unknown {
  if (error instanceof CommandError && error.exit !== 'failed') return error
  const room = roomAt(folder)
  const trouble = diskTroubleOf(error) ?? (error instanceof CommandError ? undefined : troubleBy(room))
  if (trouble === undefined) return error
  const left = room === undefined ? '' : ` (${bytes(room.freeBytes)} of ${bytes(room.totalBytes)} free)`
  return new CommandError(
    'disk',
    `${store} in ${resolve(folder)} cannot be opened: ${words[trouble]}${left}. ${remedies[trouble]} What was acknowledged is kept.`,
    { cause: error },
  )
}

const words: Readonly<Record<DiskTrouble, string>> = {
  full: 'its disk is full',
  quota: 'the disk quota is used up',
  read_only: 'its disk is mounted read-only',
  denied: 'this user may not write there',
  io: 'its disk fails to read or write',
  files: 'this process may open no more files',
}

const remedies: Readonly<Record<DiskTrouble, string>> = {
  full: 'Free some space there (1 GiB or more lets it work on), or stop, move the folder to a larger disk and name it with --data-dir; then start again.',
  quota: 'Raise the quota of this user or free some space, then start again.',
  read_only:
    'Mount it for writing ("dmesg" says why the system has stopped writing, if it has), or name another folder with --data-dir.',
  denied:
    'Give the folder and all in it to the user that runs callscope (chown -R), or name another folder with --data-dir.',
  io: 'Look at "dmesg" and at the disk itself; restore the folder from a copy to another disk if it is failing.',
  files: 'Raise its limit of open files (ulimit -n, LimitNOFILE of systemd, ulimits of Compose), then start again.',
}

/** Opens a store on a disk; what it throws says what to do where the disk is to blame. */
export async function onDisk<Opened>(place: StorePlace, open: () => Opened | Promise<Opened>): Promise<Opened> {
  try {
    return await open()
  } catch (error) {
    throw explainDisk(error, place)
  }
}

/** The same of what is opened at once. */
export function onDiskNow<Opened>(place: StorePlace, open: () => Opened): Opened {
  try {
    return open()
  } catch (error) {
    throw explainDisk(error, place)
  }
}

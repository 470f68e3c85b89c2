import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { CommandError } from './exit-codes.ts'
import { onDiskNow } from './stores/disk-trouble.ts'

/** Raised when what lies in the folder can no longer be read by the version before. */
const formatVersion = 1

/** What `up` leaves for other commands: where to reach the owner of the folder. */
const upFile = z.object({ pid: z.int(), port: z.int(), url: z.url() })
export type RunningServer = Readonly<z.infer<typeof upFile>>

export interface DataFolder {
  readonly path: string
  /** Path of a part's own file or folder. */
  part(name: string): string
  /** Tells other commands where this process listens. */
  announce(server: RunningServer): void
  /** The administrator's token: 256 random bits in a file that only the owner may read. */
  administratorToken(): string
  release(): void
}

/** The folder belongs to another living process. With `server`, it can be asked over HTTP. */
export interface OwnedByOther {
  readonly pid: number | undefined
  readonly command: string | undefined
  readonly server: RunningServer | undefined
}

export type Claim = { readonly type: 'owned'; readonly folder: DataFolder } | ({ readonly type: 'busy' } & OwnedByOther)

/**
 * Claims a data folder for this process, making it where it is missing. The lock is an SQLite transaction, which the
 * operating system drops with the process, however it ends: a stale lock cannot exist.
 */
export const claimDataFolder = (dataDir: string, command: string): Claim =>
  onDiskNow({ store: 'the data folder', folder: dataDir }, () => claim(resolve(dataDir), command))

function claim(path: string, command: string): Claim {
  makeFolder(path)
  const lock = lockFile(join(path, 'owner.lock'))
  if (lock === undefined) return { type: 'busy', ...ownerOf(path) }
  try {
    checkFormat(path)
    // Left by a process that was killed: nobody listens there any more.
    rmSync(join(path, 'up.json'), { force: true })
    writeFileSync(join(path, 'owner.json'), JSON.stringify({ pid: process.pid, command }))
  } catch (error) {
    lock.close()
    throw error
  }
  return { type: 'owned', folder: openFolder(path, lock) }
}

/** A folder that several processes may use at once: for uploads in transit and the administrator's token, no store. */
export function openPlainFolder(dataDir: string): Pick<DataFolder, 'path' | 'part' | 'administratorToken'> {
  const path = resolve(dataDir)
  makeFolder(path)
  return { path, part: (name) => join(path, name), administratorToken: () => readToken(path) ?? makeToken(path) }
}

function openFolder(path: string, lock: DatabaseSync): DataFolder {
  return {
    path,
    part: (name) => join(path, name),
    announce: (server) =>
      onDiskNow({ store: 'the data folder', folder: path }, () =>
        writeFileSync(join(path, 'up.json'), `${JSON.stringify(server)}\n`),
      ),
    administratorToken: () => readToken(path) ?? makeToken(path),
    release() {
      rmSync(join(path, 'up.json'), { force: true })
      rmSync(join(path, 'owner.json'), { force: true })
      lock.close()
    },
  }
}

/** The token of a folder that another process owns. Undefined when it has none that we may read. */
export const tokenOf = (dataDir: string): string | undefined => readToken(resolve(dataDir))

/** The process that listens on a folder's behalf, as it has announced itself. Undefined: none does, or it was killed. */
export function serverOf(dataDir: string): RunningServer | undefined {
  const { pid, server } = ownerOf(resolve(dataDir))
  return server !== undefined && server.pid === pid && isAlive(server.pid) ? server : undefined
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process lives, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** One sentence about who has the folder, and what to do. */
export function busyMessage(path: string, { pid, command, server }: OwnedByOther): string {
  const who = pid === undefined ? 'another process' : `callscope ${command ?? ''} (process ${pid})`.replace('  ', ' ')
  const where = server === undefined ? '' : `, which listens on ${server.url}`
  return `${resolve(path)} is in use by ${who}${where}. Wait for it, stop it, or name another folder with --data-dir.`
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new CommandError(
      'failed',
      `cannot make the data folder ${path}: ${(error as Error).message}. Name another with --data-dir.`,
      { cause: error },
    )
  }
}

function lockFile(file: string): DatabaseSync | undefined {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    // 5 is SQLITE_BUSY: another process has it.
    if ((error as { errcode?: number }).errcode === 5) return undefined
    throw new CommandError('failed', `cannot lock ${file}: ${(error as Error).message}`, { cause: error })
  }
}

function checkFormat(path: string): void {
  const file = join(path, 'format.json')
  if (!existsSync(file)) {
    writeFileSync(file, `${JSON.stringify({ version: formatVersion })}\n`)
    return
  }
  const format = z.object({ version: z.int().min(1) }).safeParse(readJson(file))
  if (!format.success)
    throw new CommandError(
      'failed',
      `${file} is damaged: it must hold {"version": ${formatVersion}}. Is this a callscope data folder?`,
    )
  if (format.data.version > formatVersion) {
    throw new CommandError(
      'tooNew',
      `${path} was written by a newer callscope (format ${format.data.version}; this one knows up to ${formatVersion}). Update callscope, or name another folder with --data-dir.`,
    )
  }
}

function ownerOf(path: string): OwnedByOther {
  const owner = z.object({ pid: z.int(), command: z.string() }).safeParse(readJson(join(path, 'owner.json')))
  const server = upFile.safeParse(readJson(join(path, 'up.json')))
  return { pid: owner.data?.pid, command: owner.data?.command, server: server.data }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined // absent, or caught half written: both mean that nothing is known
  }
}

function readToken(path: string): string | undefined {
  try {
    return readFileSync(join(path, 'administrator.token'), 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}

function makeToken(path: string): string {
  const token = randomBytes(32).toString('base64url')
  onDiskNow({ store: 'the administrator’s token', folder: path }, () =>
    writeFileSync(join(path, 'administrator.token'), `${token}\n`, { mode: 0o600 }),
  )
  return token
}

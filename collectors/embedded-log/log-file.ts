import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { explainSqliteError } from './sqlite-errors.ts'

/** Marks the file as ours: 'csLG' in ASCII. */
const applicationId = 0x63734c47
/** Layout of the tables below. Raise it with every change, and teach `open` the way from the one before. */
const layoutVersion = 1

// Measured with 400-byte values: pages of 8 kB append a fifth faster than 4 kB ones and read alike.
const pageBytes = 8_192
// A checkpoint every 32 MB of write-ahead log instead of 4 MB: one page rewritten often is copied once.
const checkpointPages = 4_000
const cacheKiB = 16_384
// After an unusually large transaction the write-ahead log shrinks back to this.
const journalLimitBytes = 67_108_864

const layout = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE partitions (
    id INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    start_offset INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, partition)
  );
  CREATE TABLE committed (
    group_name TEXT NOT NULL,
    partition_id INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (group_name, partition_id)
  ) WITHOUT ROWID;
  CREATE TABLE commit_history (
    group_name TEXT NOT NULL,
    partition_id INTEGER NOT NULL,
    running_ms INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (group_name, partition_id, running_ms)
  ) WITHOUT ROWID;
`

export type Durability = 'power' | 'process'

export interface LogFileOptions {
  readonly path: string
  readonly durability: Durability
  /** The file refuses to grow past this, as if the disk were full. */
  readonly maxFileBytes?: number | undefined
}

/** The SQLite file under the log: opened, checked, locked for this process. */
export interface LogFile {
  readonly path: string
  readonly db: DatabaseSync
  /** The process that had the file open before did not get to `close`. */
  readonly openedAfterUncleanStop: boolean
  /** Run `work` in one transaction. A throw undoes it and comes out as an error an operator can read. */
  transaction<T>(work: () => T): T
  meta(name: MetaName): number | undefined
  setMeta(name: MetaName, value: number): void
  sizeBytes(): number
  /** Like `transaction`; what `work` overwrites is in no page of the file and in no write-ahead log afterwards. */
  overwrite<T>(work: () => T): T
  close(): void
}

export type MetaName = 'last_log_time_ms' | 'running_ms' | 'keeps_until_running_ms' | 'jump_ms' | 'stopped_cleanly'

export function openLogFile(options: LogFileOptions): LogFile {
  try {
    mkdirSync(dirname(options.path), { recursive: true })
    const db = new DatabaseSync(options.path)
    try {
      configure(db, options)
      prepareLayout(db, options.path)
      return logFile(db, options)
    } catch (error) {
      db.close()
      throw error
    }
  } catch (error) {
    throw explainSqliteError(error, options.path)
  }
}

function configure(db: DatabaseSync, { maxFileBytes }: LogFileOptions): void {
  // Exclusive: offsets and groups live in this process's memory, so a second writer would ruin both.
  db.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;
    PRAGMA cache_size = -${cacheKiB}; PRAGMA wal_autocheckpoint = ${checkpointPages}; PRAGMA synchronous = FULL;
    PRAGMA journal_size_limit = ${journalLimitBytes};
    BEGIN EXCLUSIVE; COMMIT;`)
  if (maxFileBytes !== undefined) db.exec(`PRAGMA max_page_count = ${Math.ceil(maxFileBytes / pageBytes)}`)
}

function prepareLayout(db: DatabaseSync, path: string): void {
  const found = pragma(db, 'user_version')
  const tables = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables
  if (found === 0 && tables === 0) {
    db.exec(
      `BEGIN; ${layout} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${layoutVersion}; COMMIT;`,
    )
    return
  }
  if (pragma(db, 'application_id') !== applicationId) {
    throw new Error(`${path} is an SQLite file, but not an event log of callscope. Choose another path.`)
  }
  if (found > layoutVersion) {
    throw new Error(
      `The event log ${path} was written by a newer callscope (layout ${found}; this one knows ${layoutVersion}). ` +
        'Run that version, or start with a new file.',
    )
  }
}

function logFile(db: DatabaseSync, { path, durability }: LogFileOptions): LogFile {
  const statements = {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    meta: db.prepare('SELECT value FROM meta WHERE name = ?'),
    setMeta: db.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'),
  }
  const meta = (name: MetaName) => {
    const value = statements.meta.get(name)?.value
    return typeof value === 'number' ? value : undefined
  }
  const openedAfterUncleanStop = meta('stopped_cleanly') === 0
  // Written while `synchronous` is still FULL: after a power loss the mark must not be the old, clean one.
  statements.setMeta.run('stopped_cleanly', 0)
  if (durability === 'process') db.exec('PRAGMA synchronous = NORMAL')

  return {
    path,
    db,
    openedAfterUncleanStop,
    meta,
    setMeta: (name, value) => void statements.setMeta.run(name, value),
    transaction(work) {
      try {
        statements.begin.run()
        const result = work()
        statements.commit.run()
        return result
      } catch (error) {
        // SQLite has already rolled back by itself after some errors, a full disk among them.
        if (db.isTransaction) statements.rollback.run()
        throw explainSqliteError(error, path)
      }
    },
    overwrite(work) {
      // Not always on: it would write a page of zeros for each page that retention frees.
      db.exec('PRAGMA secure_delete = ON')
      try {
        return this.transaction(work)
      } finally {
        db.exec('PRAGMA secure_delete = OFF; PRAGMA wal_checkpoint(TRUNCATE)')
      }
    },
    sizeBytes: () => fileBytes(path) + fileBytes(`${path}-wal`),
    close() {
      db.exec('PRAGMA synchronous = FULL')
      statements.setMeta.run('stopped_cleanly', 1)
      db.close()
    },
  }
}

function pragma(db: DatabaseSync, name: string): number {
  const value = db.prepare(`PRAGMA ${name}`).get()?.[name]
  return typeof value === 'number' ? value : 0
}

const fileBytes = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

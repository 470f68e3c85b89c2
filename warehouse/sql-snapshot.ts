import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'

/** In the warehouse's own folder: hard links do not reach beyond one file system. */
const folderName = 'callscope-sql'

export const snapshotsOf = (warehouse: string): string => join(warehouse, folderName)

/** Removes what a process that was killed has left. Only while no query runs. */
export async function removeSnapshots(warehouse: string): Promise<void> {
  await rm(snapshotsOf(warehouse), { recursive: true, force: true })
}

/** A table or view of the database, as its file says. */
interface Definition {
  readonly name: string
  readonly file: string
  readonly text: string
}

/** A part that a merge has replaced is gone after minutes: a table whose parts vanish this often is being rewritten. */
const triesMax = 5

/**
 * Makes a second data folder of the embedded engine at `to` with what a query reads of the one at `from`, as it is now: parts
 * of tables are never changed once they are there, so hard links to their files are a copy that costs no room, which a second
 * process can open while the first goes on. Merges and mutations in hand, temporary parts and parts that others replace are
 * left out. Blocks while it links. Throws the file system's error.
 */
export function linkSnapshot({
  from,
  to,
  sql,
}: {
  readonly from: string
  readonly to: string
  readonly sql: string
}): void {
  mkdirSync(to, { recursive: true, mode: 0o700 })
  // Where no table was ever made.
  if (!existsSync(join(from, 'metadata', 'default'))) return
  const database = resolve(from, 'metadata', readlinkSync(join(from, 'metadata', 'default')))
  const copied = join(to, relative(from, database))
  mkdirSync(copied, { recursive: true })
  mkdirSync(join(to, 'metadata'))
  symlinkSync(relative(join(to, 'metadata'), copied), join(to, 'metadata', 'default'))
  for (const { file, text } of definitionsRead(sql, definitionsIn(database))) {
    linkSync(join(database, file), join(copied, file))
    const uuid = /^ATTACH TABLE \S+ UUID '([0-9a-f-]{36})'/.exec(text)?.[1]
    if (uuid === undefined) continue
    const place = join('store', uuid.slice(0, 3), uuid)
    linkTable(join(from, place), join(to, place))
  }
}

function definitionsIn(database: string): readonly Definition[] {
  const files = readdirSync(database).filter((file) => file.endsWith('.sql'))
  return files.map((file) => ({
    ...{ file, name: decodeURIComponent(file.slice(0, -'.sql'.length)) },
    text: readFileSync(join(database, file), 'utf8'),
  }))
}

/**
 * Those that the query names, and those that these name in turn. Names stand in a guarded query as they are, without escapes, so
 * that looking for them in its text finds all, and some more. Tables of the system tell of every table there is.
 */
export function definitionsRead<Known extends Pick<Definition, 'name' | 'text'>>(
  sql: string,
  known: readonly Known[],
): readonly Known[] {
  if (/system/i.test(sql)) return known
  const read = new Set<Known>()
  const texts = [sql]
  for (let text = texts.pop(); text !== undefined; text = texts.pop()) {
    for (const definition of known) {
      if (read.has(definition) || !text.includes(definition.name)) continue
      read.add(definition)
      if (!definition.text.startsWith('ATTACH TABLE')) texts.push(definition.text)
    }
  }
  return [...read]
}

function linkTable(from: string, to: string): void {
  for (let tries = 1; ; tries++) {
    try {
      linkParts(from, to)
      return
    } catch (error) {
      // A part was removed between the look and the link: what has replaced it is there by now.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === triesMax) throw error
      rmSync(to, { recursive: true, force: true })
    }
  }
}

function linkParts(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  const entries = readdirSync(from, { withFileTypes: true })
  for (const entry of entries) {
    // A mutation that is under way would be carried out here, too.
    if (entry.isFile() && !entry.name.startsWith('mutation_')) linkSync(join(from, entry.name), join(to, entry.name))
  }
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  for (const part of activeParts(folders)) linkFolder(join(from, part), join(to, part))
}

function linkFolder(from: string, to: string): void {
  mkdirSync(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) linkFolder(join(from, entry.name), join(to, entry.name))
    else linkSync(join(from, entry.name), join(to, entry.name))
  }
}

/** Partition, first and last block, level, and the mutation that made it. Parts that are still written have longer names. */
const partName = /^([^_]+)_(\d+)_(\d+)_(\d+)(?:_(\d+))?$/

/** Of the names in a table's folder those of parts that no other part replaces. */
export function activeParts(names: readonly string[]): readonly string[] {
  const parts = names.flatMap((name) => {
    const [, partition = '', first, last, level, mutation = 0] = partName.exec(name) ?? []
    return first === undefined
      ? []
      : [
          {
            name,
            partition,
            first: Number(first),
            last: Number(last),
            level: Number(level),
            mutation: Number(mutation),
          },
        ]
  })
  return [...Map.groupBy(parts, ({ partition }) => partition).values()].flatMap((own) => {
    // Of parts that begin at one block, the one that replaces the others comes first.
    own.sort((a, b) => a.first - b.first || b.last - a.last || b.mutation - a.mutation || b.level - a.level)
    let covered = -1
    return own.flatMap(({ name, last }) => {
      if (last <= covered) return []
      covered = last
      return [name]
    })
  })
}

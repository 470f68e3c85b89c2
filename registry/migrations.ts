import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Migration {
  readonly number: number
  /** File name without `.sql`. */
  readonly name: string
  readonly sql: string
  readonly checksum: string
  /** The statements that undo it, from its header. */
  readonly wayBack: string
}

const fileName = /^(\d{4})_[a-z0-9_]+\.sql$/

/** The migrations of a folder, in order. A file that breaks the rules is an error, not something to skip. */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const files = (await readdir(folder)).sort()
  const migrations = await Promise.all(files.map((file) => readMigration(folder, file)))
  migrations.forEach(({ number, name }, at) => {
    if (number !== at + 1)
      throw new Error(`Migration ${name} should have number ${at + 1}: numbers rise by one, without gaps.`)
  })
  return migrations
}

async function readMigration(folder: string, file: string): Promise<Migration> {
  const number = fileName.exec(file)?.[1]
  if (number === undefined) throw new Error(`${join(folder, file)}: a migration is named NNNN_what_it_does.sql.`)
  // A checkout on another system may have other line ends. It is the same migration.
  const sql = (await readFile(join(folder, file), 'utf8')).replaceAll('\r\n', '\n')
  return {
    number: Number(number),
    name: file.slice(0, -'.sql'.length),
    sql,
    checksum: createHash('sha256').update(sql).digest('hex'),
    wayBack: wayBackOf(sql, file),
  }
}

/** The indented comment lines under `-- way back:`. */
function wayBackOf(sql: string, file: string): string {
  const lines = sql.split('\n')
  const header = lines.indexOf('-- way back:')
  if (header < 0) throw new Error(`${file} has no '-- way back:' header that says how to undo it.`)
  const rest = lines.slice(header + 1)
  const end = rest.findIndex((line) => !line.startsWith('--   '))
  return rest
    .slice(0, end)
    .map((line) => line.slice('--   '.length))
    .join('\n')
}

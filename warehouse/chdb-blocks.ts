import { randomUUID } from 'node:crypto'
import { mkdir, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Connection } from './chdb-turns.ts'
import { text } from './literal.ts'

/** In the warehouse's own folder: what is in transit is as private as what is stored, and fills the same disk. */
const folderName = 'callscope-blocks'

/**
 * chdb takes inline data as text only. A block in the Native format goes through a file instead, which the engine reads
 * and which is gone before its statement ends: `INSERT … FORMAT Native` means the same here as on a server. One block each.
 */
export function withBlocks(connection: Connection, path: string): Connection {
  const folder = join(path, folderName)

  return {
    query: (params) => connection.query(params),
    command: (params) => connection.command(params),
    insert: (params) => connection.insert(params),
    ping: (params) => connection.ping(params),
    close: () => connection.close(),
    async exec({ values, ...params }) {
      const into = /^(INSERT INTO .+) FORMAT Native$/s.exec(params.query)?.[1]
      if (values === undefined || into === undefined)
        return connection.exec(values === undefined ? params : { ...params, values })
      const file = join(folder, `${randomUUID()}.native`)
      try {
        await mkdir(folder, { recursive: true })
        await writeFile(file, values as Readable)
        return await connection.exec({ ...params, query: `${into} ${wholeBlock(file, await rowsIn(file))}` })
      } finally {
        await rm(file, { force: true })
      }
    },
  }
}

/**
 * All rows of the file, or an error. A file that the engine does not find is no error to it, but nothing to insert, where it
 * takes the path for a pattern; and what it tells of rows written is always 0. Counting reads the block once more:
 * 10 ms for 60,000 rows of 30 columns, a small part of storing them.
 */
function wholeBlock(file: string, rows: number): string {
  const source = `file(${text(asPattern(file))}, 'Native')`
  return `SELECT * FROM ${source} WHERE (SELECT throwIf(count() != ${rows}, 'a block was not read whole') FROM ${source}) = 0`
}

/**
 * The engine knows no escape for braces, nor for the :: that it takes for a path within an archive, but `?` stands for any
 * one character. Another path of that shape would have to hold a file of the same random name.
 */
const asPattern = (path: string): string => path.replace(/[{}*]|:(?=:)/g, '?')

/** A block begins with its numbers of columns and rows, in seven bits a byte. */
async function rowsIn(file: string): Promise<number> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(20), 0, 20, 0)
    const numbers: number[] = []
    let value = 0
    let scale = 1
    for (const byte of buffer.subarray(0, bytesRead)) {
      value += (byte & 0x7f) * scale
      scale *= 128
      if (byte >= 128) continue
      numbers.push(value)
      value = 0
      scale = 1
    }
    const rows = numbers[1]
    if (rows === undefined) throw new Error('a block of samples has no head')
    return rows
  } finally {
    await handle.close()
  }
}

/** Removes what a process that was killed has left in transit. Its messages are read again. Only while nobody else is connected. */
export async function removeBlocks(path: string): Promise<void> {
  await rm(join(path, folderName), { recursive: true, force: true })
}

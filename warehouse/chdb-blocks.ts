import { randomUUID } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Connection } from './chdb-turns.ts'
import { text } from './literal.ts'

/** In the warehouse's own folder: what is in transit is as private as what is stored, and fills the same disk. */
const folderName = 'callscope-blocks'

/**
 * chdb takes inline data as text only. A block in the Native format goes through a file instead, which the engine reads
 * and which is gone before its statement ends: `INSERT … FORMAT Native` means the same here as on a server.
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
        return await connection.exec({ ...params, query: `${into} SELECT * FROM file(${text(file)}, 'Native')` })
      } finally {
        await rm(file, { force: true })
      }
    },
  }
}

/** Removes what a process that was killed has left in transit. Its messages are read again. Only while nobody else is connected. */
export async function removeBlocks(path: string): Promise<void> {
  await rm(join(path, folderName), { recursive: true, force: true })
}

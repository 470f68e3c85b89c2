import { join } from 'node:path'
import { answersHttp } from './answers.ts'
import { freePorts } from './ports.ts'
import type { StackServer, StartOptions } from './server.ts'
import { createServerProcess } from './server-process.ts'

/**
 * ClickHouse's engine behind a front that speaks its HTTP interface: a server itself is not to be had without a container
 * engine, so deploy/clickhouse is not what it runs with. `startClickhouseFront` gives one whose faults can be set.
 */
export async function startClickhouse({ folder }: StartOptions): Promise<StackServer> {
  const [port] = await freePorts(1)
  const address = `http://127.0.0.1:${port}`
  const server = createServerProcess({
    name: 'clickhouse',
    command: process.execPath,
    args: [join(import.meta.dirname, 'clickhouse-front.ts')],
    env: {
      CLICKHOUSE_FRONT: JSON.stringify({ folder: join(folder, 'stored'), port }),
      // Statements run on the threads of libuv, of which there are four unless said.
      UV_THREADPOOL_SIZE: '64',
    },
    logFile: join(folder, 'clickhouse.log'),
    cwd: folder,
    answers: () => answersHttp(`${address}/ping`),
  })
  await server.start()
  return { ...server, address }
}

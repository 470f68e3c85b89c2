import { join } from 'node:path'
import { answersTcp } from './answers.ts'
import { buildGo } from './go-build.ts'
import { freePorts } from './ports.ts'
import { fakeS3Program } from './programs.ts'
import type { StackServer, StartOptions } from './server.ts'
import { createServerProcess } from './server-process.ts'

/** Speaks S3, keeps objects on disk, and takes any key: path-style addresses, any region. */
export async function startFakeS3({ folder }: StartOptions): Promise<StackServer> {
  const installed = await buildGo(fakeS3Program)
  const [port] = await freePorts(1)
  const server = createServerProcess({
    name: 's3',
    command: join(installed, 'gofakes3'),
    args: [...['-host', `127.0.0.1:${port}`, '-backend', 'bolt', '-bolt.db', join(folder, 'objects.db'), '-quiet']],
    logFile: join(folder, 's3.log'),
    cwd: folder,
    answers: () => answersTcp(Number(port)),
  })
  await server.start()
  return { ...server, address: `http://127.0.0.1:${port}` }
}

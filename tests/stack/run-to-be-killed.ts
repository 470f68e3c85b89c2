import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from './servers/guard.ts'
import { createServerProcess } from './servers/server-process.ts'

// For harness.test.ts, which kills it: starts a server that is a shell with a child, and tells where the child's id stands.

const folder = await temporaryFolder('callscope-harness-')
const pidFile = join(folder, 'pid')
const server = createServerProcess({
  name: 'shell',
  command: 'sh',
  args: ['-c', `sleep 600 & echo $! > ${pidFile}; wait`],
  logFile: join(folder, 'log'),
  answers: async () => {
    if ((await readFile(pidFile, 'utf8')) === '') throw new Error('no id yet')
  },
})
await server.start()
console.log(JSON.stringify({ folder, pidFile }))
setInterval(() => undefined, 1_000)

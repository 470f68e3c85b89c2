import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { root } from './source-files.ts'
import { freePorts } from './stack/servers/ports.ts'

/** deploy/ports.ts, as the container of the profile "ports" runs it. Resolves once it listens. */
async function forward(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(root, 'deploy', 'ports.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const complaint = text(child.stderr)
  await Promise.race([once(child.stdout, 'data'), ended])
  return { child, ended, complaint }
}

test('bytes go both ways, and an end of one side reaches the other while answers still come', async () => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk
    })
    socket.on('end', () => socket.end(`heard ${heard}`))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  const [own] = await freePorts(1)
  const { child, ended } = await forward(`${own}=127.0.0.1:${port}`)
  const client = connect({ port: Number(own), allowHalfOpen: true })
  client.end('a question')
  expect(await text(client)).toBe('heard a question')
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test('a store that does not answer closes the connection, and the others go on', async () => {
  const [own, nobody] = await freePorts(2)
  const { child } = await forward(`${own}=127.0.0.1:${nobody}`)
  for (const _ of [1, 2]) {
    const client = connect({ port: Number(own) })
    client.on('error', () => undefined)
    await once(client, 'close')
  }
  expect(child.exitCode).toBeNull()
})

test('an argument that is none is refused by name', async () => {
  const { ended, complaint } = await forward('19092=kafka')
  expect([await ended, await complaint]).toEqual([2, '19092=kafka: must be PORT=HOST:PORT\n'])
})

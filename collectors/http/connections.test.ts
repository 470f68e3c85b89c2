import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { boundConnections, type ConnectionLimits, type ConnectionRefusal } from './connections.ts'
import { aServer } from './http-for-tests.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A server of which it can be said from which address its next connections come. */
async function aBoundServer(limits: ConnectionLimits) {
  const refusals: ConnectionRefusal[] = []
  const held: ServerResponse[] = []
  let address = '127.0.0.1'
  let open = () => 0
  const server: Server = createServer((request: IncomingMessage, response) => {
    if (request.url === '/hold') held.push(response)
    else response.end('ok')
  })
  boundConnections(server, {
    ...limits,
    refused: (reason) => refusals.push(reason),
    watch: (count) => {
      open = count
    },
    addressOf: () => address,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  closers.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })

  /** Resolves when the server has said something, or has closed. */
  async function dial(path?: string): Promise<Socket> {
    const before = open() + refusals.length
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    closers.push(() => socket.destroy())
    await once(socket, 'connect')
    if (path !== undefined) socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
    while (open() + refusals.length === before) await new Promise((resolve) => setTimeout(resolve, 5))
    return socket
  }
  const says = async (socket: Socket) => String((await once(socket, 'data'))[0])
  const hold = async () => {
    const before = held.length
    const socket = await dial('/hold')
    while (held.length === before) await new Promise((resolve) => setTimeout(resolve, 5))
    return socket
  }
  return {
    ...{ dial, says, hold, refusals, held },
    open: () => open(),
    from: (next: string) => {
      address = next
    },
  }
}

test('however many idle connections there are, a new one is answered: the longest idle makes room', async () => {
  const { dial, says, refusals, open } = await aBoundServer({ max: 8, perAddress: 100 })
  const first = await dial()
  const gone = once(first, 'close')
  for (let n = 0; n < 30; n++) await dial()
  await gone
  expect(await says(await dial('/'))).toMatch(/^HTTP\/1\.1 200/)
  expect(open()).toBeLessThanOrEqual(8)
  expect(new Set(refusals)).toEqual(new Set(['made_room']))
})

test('a connection with a request in hand is never closed for another’s sake; strangers are, once all have one', async () => {
  const { dial, says, hold, held, refusals, from } = await aBoundServer({ max: 4, perAddress: 100 })
  const working = []
  for (let n = 0; n < 4; n++) working.push(await hold())
  from('203.0.113.9')
  const stranger = await dial()
  await once(stranger, 'close')
  expect(refusals).toEqual(['full'])
  // This machine's health check has a place all the same.
  from('127.0.0.1')
  expect(await says(await dial('/'))).toMatch(/200/)
  const answered = working.map(says)
  for (const response of held) response.end('done')
  expect(await Promise.all(answered)).toEqual(working.map(() => expect.stringMatching(/done/)))
})

test('a connection with several requests in hand is idle when the last is answered, and not before', async () => {
  const { dial, hold, held, refusals } = await aBoundServer({ max: 1, perAddress: 100 })
  const socket = await hold()
  socket.write('GET /hold HTTP/1.1\r\nhost: x\r\n\r\n')
  while (held.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  held[0]?.end('first')
  await once(socket, 'data')
  await dial('/')
  expect(refusals).toEqual([])
  expect(socket.destroyed).toBe(false)
  held[1]?.end('second')
  expect(String((await once(socket, 'data'))[0])).toMatch(/second/)
})

test('one address has no more than its share; this machine has no share', async () => {
  const { dial, refusals, open, from } = await aBoundServer({ max: 100, perAddress: 3 })
  from('203.0.113.9')
  for (let n = 0; n < 5; n++) await dial()
  expect(refusals).toEqual(['address', 'address'])
  from('203.0.113.10')
  await dial()
  from('127.0.0.1')
  for (let n = 0; n < 5; n++) await dial()
  expect(refusals).toHaveLength(2)
  expect(open()).toBe(9)
})

test('a place is free again when its connection has ended', async () => {
  const { dial, open, from } = await aBoundServer({ max: 10, perAddress: 1 })
  from('203.0.113.9')
  for (let n = 0; n < 3; n++) {
    const socket = await dial()
    socket.destroy()
    while (open() > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  }
})

test('who sends no whole head of a request, slowly or not at all, is closed within seconds', async () => {
  const { app } = aServer({ settings: { headersTimeoutMs: 300 } })
  await app.listen({ host: '127.0.0.1', port: 0 })
  closers.push(() => app.close())
  const { port } = app.server.address() as AddressInfo
  const silent = connect(port, '127.0.0.1')
  const slow = connect(port, '127.0.0.1')
  for (const socket of [silent, slow]) {
    socket.resume()
    socket.on('error', () => undefined)
  }
  slow.write('GET /health/live HTTP/1.1\r\nhost: localhost\r\n')
  const dripping = setInterval(() => slow.write('x-a: b\r\n'), 100)
  closers.push(() => clearInterval(dripping))
  await Promise.all([once(silent, 'close'), once(slow, 'close')])
})

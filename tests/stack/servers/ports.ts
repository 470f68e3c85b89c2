import { createServer, type Server } from 'node:net'

/** Ports of 127.0.0.1 that nobody listens on, all different. Somebody may take one before it is used: then the server says so. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const taken = await Promise.all(Array.from({ length: count }, () => listen()))
  const ports = taken.map((server) => (server.address() as { port: number }).port)
  await Promise.all(taken.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

const listen = (): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server))
  })

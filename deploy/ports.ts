import { connect, createServer, type Socket } from 'node:net'

/*
 * Opens stores to programs of this machine: docker-compose.yml, profile "ports". Their own network has no way out, so that a
 * container in both networks passes the bytes on. Each argument is PORT=HOST:PORT.
 */

/** All together; each port has its part. Beyond it a connection is closed at once. */
const connectionsMax = 500

for (const forward of process.argv.slice(2)) {
  const [, own, host, port] = /^(\d{1,5})=([\w.-]+):(\d{1,5})$/.exec(forward) ?? []
  if (host === undefined) {
    console.error(`${forward}: must be PORT=HOST:PORT`)
    process.exit(2)
  }
  const server = createServer({ allowHalfOpen: true }, (from) =>
    join(from, connect({ host, port: Number(port), allowHalfOpen: true })),
  )
  server.maxConnections = Math.floor(connectionsMax / (process.argv.length - 2))
  server.on('error', (error) => {
    console.error(`${forward}: ${error.message}`)
    process.exit(1)
  })
  server.listen(Number(own), () => console.log(forward))
}

// Process 1 of a container is not ended by a signal that it does not ask for.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0))

/** Each end is told of the other's end, and of its failure: a store that does not answer closes the connection. */
function join(from: Socket, to: Socket): void {
  from.on('error', () => to.destroy()).on('close', () => to.destroy())
  to.on('error', () => from.destroy()).on('close', () => from.destroy())
  from.pipe(to).pipe(from)
}

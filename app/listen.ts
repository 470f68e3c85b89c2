import type { FastifyInstance } from 'fastify'
import { portInUse } from './checks.ts'
import type { Config } from './config.ts'
import { CommandError } from './exit-codes.ts'

/** Listens where the settings say, and answers on which port. What does not listen is closed, and says what to change. */
export async function listen(app: FastifyInstance, { host, port }: Pick<Config, 'host' | 'port'>): Promise<number> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw new CommandError('busy', portInUse(host, port))
    throw new CommandError('usage', `cannot listen on ${host}:${port}: ${message}. Check the settings host and port.`)
  }
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

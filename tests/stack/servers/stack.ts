import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from './guard.ts'
import { startKafka } from './kafka.ts'
import { startLoki } from './loki.ts'
import { startPostgres } from './postgres.ts'
import type { StackServer, StartOptions } from './server.ts'

/** Where the servers of a run are. Kafka as host:port, the others as URLs. */
export interface StackAddresses {
  readonly kafka: string
  /** Of a superuser: each test makes a database of its own. */
  readonly postgres: string
  readonly loki: string
}

type ServerName = keyof StackAddresses

interface Part {
  readonly name: ServerName
  /** Names a server that is there already: it is used, and none is started. */
  readonly variable: string
  readonly start: (options: StartOptions) => Promise<StackServer>
}

/** The servers of `npm run test:stack`. One more is a line here. */
export const stackParts: readonly Part[] = [
  { name: 'kafka', variable: 'CALLSCOPE_TEST_KAFKA', start: startKafka },
  { name: 'postgres', variable: 'CALLSCOPE_TEST_POSTGRES', start: startPostgres },
  { name: 'loki', variable: 'CALLSCOPE_TEST_LOKI', start: startLoki },
]

export interface Stack {
  readonly addresses: StackAddresses
  /** Those that were started here. */
  readonly servers: readonly StackServer[]
  stop(): Promise<void>
}

/** Starts all at once what the environment does not name. If one fails, none is left running. */
export async function startStack(environment: Readonly<Record<string, string | undefined>>): Promise<Stack> {
  const folder = await temporaryFolder('callscope-stack-')
  const given = stackParts.filter(({ variable }) => environment[variable] !== undefined)
  const missing = stackParts.filter((part) => !given.includes(part))
  const started = await Promise.allSettled(
    missing.map(async ({ name, start }) => {
      const own = join(folder, name)
      await mkdir(own)
      return [name, await start({ folder: own })] as const
    }),
  )
  const running = started.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const stop = async (): Promise<void> => void (await Promise.all(running.map(([, server]) => server.stop())))
  const failures = started.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []))
  if (failures.length > 0) {
    await stop()
    throw new Error(failures.join('\n\n'))
  }
  const addresses = Object.fromEntries([
    ...given.map(({ name, variable }) => [name, environment[variable]]),
    ...running.map(([name, { address }]) => [name, address]),
  ]) as unknown as StackAddresses
  return { addresses, servers: running.map(([, server]) => server), stop }
}

import { copyFile, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openPgDatabase } from '#registry/pg-database.ts'
import { registryOn } from '#registry/registry.ts'
import { ownDatabase } from './names.ts'
import { type Stack, type StackAddresses, stackParts, startStack } from './servers/stack.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the real servers of this run are: `inject('stack')`. */
    stack: StackAddresses
  }
}

/** Starts the servers before the first test of a run, and stops them after the last, however it ended. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const began = Date.now()
  const stack = await startStack(process.env)
  console.log(`stack: ${stack.servers.map(({ name }) => name).join(', ')} up after ${Date.now() - began} ms`)
  const leave = (signal: NodeJS.Signals): void => {
    void stack.stop().finally(() => process.kill(process.pid, signal))
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.once(signal, leave)
  await makeRoles(stack.addresses.postgres)
  project.provide('stack', stack.addresses)
  // The same for programs that tests start, and for tests that have a server of their own by default.
  for (const { name, variable } of stackParts) process.env[variable] = stack.addresses[name]
  return async () => {
    for (const signal of signals) process.off(signal, leave)
    await stack.stop()
    if (project.vitest.state.getCountOfFailedTests() > 0) await keepLogs(stack)
  }
}

/** Roles are the whole server's: two tests that bring a database up to date at once must not both make them. */
async function makeRoles(postgres: string): Promise<void> {
  const { url, drop } = await ownDatabase(postgres)
  const registry = await registryOn(await openPgDatabase({ url, tls: 'off', connections: 2 }), Date.now)
  await registry.close()
  await drop()
}

/** What servers said is wanted after a failure only; their folders are removed at the end of the process. */
async function keepLogs({ servers }: Stack): Promise<void> {
  const place = await mkdtemp(join(tmpdir(), 'callscope-stack-logs-'))
  for (const { logFile } of servers) await copyFile(logFile, join(place, basename(logFile)))
  console.log(`stack: logs of the servers are kept in ${place}`)
}

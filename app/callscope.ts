#!/usr/bin/env -S node --max-semi-space-size=64
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'

// The flag above: batches live longer than the collector of young objects expects, and would be copied again and again.

/**
 * Each connection to the embedded warehouse holds one of these while its query runs, and there are some twenty: with the four
 * of Node's default, a short query waits for the long ones of others.
 */
process.env.UV_THREADPOOL_SIZE ??= '24'

/** node:sqlite without flags, type stripping, and zstd: what we use of Node came with this version. */
const leastNode = 24

const major = Number(process.versions.node.split('.')[0])
if (major >= leastNode) {
  const { main } = await import('./main.ts')
  process.exitCode = await main(process.argv.slice(2))
  // All is closed and written. What a client library still tries (to join a group, to reach a broker) holds up nobody.
  setTimeout(() => process.exit(), 500).unref()
} else {
  process.exitCode = await runOnOwnNode()
}

/** Another Node may come first on the PATH. Ours lies beside the other dependencies. */
async function runOnOwnNode(): Promise<number> {
  const own = join(import.meta.dirname, '..', 'node_modules', '.bin', 'node')
  if (!existsSync(own) || process.env.CALLSCOPE_REEXECUTED === '1') {
    process.stderr.write(
      `callscope needs Node ${leastNode} or newer, and this is ${process.version}. Run "npm ci" in its folder, then "npx callscope".\n`,
    )
    return 1
  }
  const env = { ...process.env, CALLSCOPE_REEXECUTED: '1' }
  const args = [...process.execArgv, import.meta.filename, ...process.argv.slice(2)]
  const child = spawn(own, args, { stdio: 'inherit', env })
  // A supervisor knows this process alone.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  return code ?? 128 + constants.signals[signal ?? 'SIGKILL']
}

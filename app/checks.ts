import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, resolve } from 'node:path'
import type { Config } from './config.ts'
import { busyMessage, claimDataFolder } from './data-folder.ts'
import { checkArchive } from './doctor/archive.ts'
import type { Check } from './doctor/check.ts'
import { checkHttpStores } from './doctor/http-stores.ts'
import { checkLog } from './doctor/log.ts'
import { checkRegistry } from './doctor/registry.ts'
import { checkWarehouse } from './doctor/warehouse.ts'
import { isShared } from './stores/where.ts'

/** Below this a day of a small platform no longer fits, and a full disk stops the log. */
const leastFreeBytes = 2 * 1_073_741_824

/** Looks at what is needed: the folder of an embedded install, every server that is configured. Leaves nothing behind but the data folder. */
export async function runChecks(config: Config, now: () => number): Promise<readonly Check[]> {
  const local = isShared(config) ? [checkNode()] : await checkFolderInstall(config)
  const remote = await Promise.all([
    ...(config.kafka.brokers.length === 0 ? [] : [checkLog(config, now)]),
    ...(config.clickhouse.url === undefined ? [] : [checkWarehouse(config, now)]),
    ...(config.postgres.url === undefined ? [] : [checkRegistry(config, now)]),
    checkHttpStores(config, now),
    checkArchive(config),
  ])
  return [...local, ...remote.flat()]
}

async function checkFolderInstall(config: Config): Promise<readonly Check[]> {
  const folder = checkFolder(config)
  const engine = config.clickhouse.url === undefined ? [await checkEngine()] : []
  return [checkNode(), ...engine, checkDisk(config), folder, await checkPort(config, folder)]
}

function checkNode(): Check {
  const ok = Number(process.versions.node.split('.')[0]) >= 24
  return { what: 'Node', ok, found: ok ? process.version : `${process.version}: run "npm ci" and then "npx callscope"` }
}

async function checkEngine(): Promise<Check> {
  const what = 'warehouse engine (chdb)'
  try {
    await import('chdb/connection')
    return { what, ok: true, found: 'installed' }
  } catch (error) {
    return { what, ok: false, found: `${(error as Error).message.split('\n')[0]}: run "npm ci" (glibc Linux or macOS)` }
  }
}

function checkDisk({ dataDir }: Config): Check {
  const path = existsSync(dataDir) ? dataDir : dirname(resolve(dataDir))
  const { bavail, bsize } = statfsSync(path)
  const free = bavail * bsize
  const found = `${(free / 1_073_741_824).toFixed(1)} GiB free at ${path}`
  return {
    what: 'disk',
    ok: free >= leastFreeBytes,
    found: free >= leastFreeBytes ? found : `${found}: free some, or name another folder with --data-dir`,
  }
}

function checkFolder({ dataDir }: Config): Check {
  const what = 'data folder'
  try {
    const claim = claimDataFolder(dataDir, 'doctor')
    if (claim.type === 'busy') return { what, ok: claim.server !== undefined, found: busyMessage(dataDir, claim) }
    claim.folder.release()
    accessSync(dataDir, constants.W_OK)
    return { what, ok: true, found: `${resolve(dataDir)}, owned by nobody` }
  } catch (error) {
    return { what, ok: false, found: (error as Error).message }
  }
}

async function checkPort({ host, port }: Config, folder: Check): Promise<Check> {
  const what = 'port'
  const free = await isPortFree(host, port)
  if (free) return { what, ok: true, found: `${host}:${port} is free` }
  const ours = folder.found.includes(`:${port}`)
  return { what, ok: ours, found: ours ? `${host}:${port} is callscope's own` : portInUse(host, port) }
}

export const portInUse = (host: string, port: number): string =>
  `port ${port} on ${host} is in use by another program: stop it, or choose another port with --port (setting port, CALLSCOPE_PORT)`

/** True when nobody listens there now. Errors other than that are left to the listening itself. */
export const isPortFree = (host: string, port: number): Promise<boolean> =>
  new Promise((done) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => done(error.code !== 'EADDRINUSE'))
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => done(true)))
  })

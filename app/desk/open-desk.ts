import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Desk } from '#collectors/http/ports.ts'
import { auditedDesk, commandActor } from '../audit/audited-desk.ts'
import { openAuditTrail } from '../audit/open-audit-trail.ts'
import type { Config } from '../config.ts'
import { busyMessage, claimDataFolder, type DataFolder, tokenOf } from '../data-folder.ts'
import { type Engine, openEngine } from '../engine.ts'
import { CommandError } from '../exit-codes.ts'
import { createLogger } from '../logger.ts'
import { isShared } from '../stores/where.ts'
import { createLocalDesk } from './local-desk.ts'
import { createRemoteDesk } from './remote-desk.ts'

export interface OpenDesk {
  readonly desk: Desk
  /** Waits until what was put into the log is in the call records. With a running process that is its own business: returns at once. */
  settle(): Promise<void>
  close(): Promise<void>
}

export interface DeskOptions {
  readonly config: Config
  /** For the owner's note in the folder. */
  readonly command: string
  now(): number
  /** True: the command writes to the log, so pipelines have to run in this process if it owns the folder. */
  readonly writes?: boolean
}

/** The folder's desk: in this process when nobody owns the folder, else over HTTP to the process that does. */
export async function openDesk(options: DeskOptions): Promise<OpenDesk> {
  const { config, command } = options
  if (isShared(config)) return openShared(options)
  const claim = claimDataFolder(config.dataDir, command)
  if (claim.type === 'owned') return openLocal(claim.folder, options)
  const token = tokenOf(config.dataDir)
  if (claim.server === undefined || token === undefined)
    throw new CommandError('busy', busyMessage(config.dataDir, claim))
  return {
    desk: createRemoteDesk({ url: claim.server.url, token }),
    settle: async () => undefined,
    close: async () => undefined,
  }
}

/** On shared stores every command works by itself; what it puts into the log, the workers deal with. */
async function openShared({ config, now }: DeskOptions): Promise<OpenDesk> {
  const logger = createLogger(config.logLevel === 'info' ? 'warn' : config.logLevel)
  const engine = await openEngine({ config, folder: undefined, clock: now, logger })
  const spoolFolder = join(tmpdir(), 'callscope-uploads')
  const trail = openAuditTrail({ ...engine, config, clock: now, logger })
  return {
    desk: auditedDesk(createLocalDesk(engine, { config, clock: now, spoolFolder }), trail, commandActor()),
    settle: async () => undefined,
    async close() {
      await trail.close()
      await engine.close()
    },
  }
}

async function openLocal(folder: DataFolder, { config, writes = false, now }: DeskOptions): Promise<OpenDesk> {
  const logger = createLogger(config.logLevel === 'info' ? 'warn' : config.logLevel)
  let engine: Engine | undefined
  try {
    engine = await openEngine({ config, folder, clock: now, logger })
    const opened = engine
    const pipelines = writes ? await opened.startPipelines() : undefined
    const trail = openAuditTrail({ ...opened, config, clock: now, logger })
    const desk = createLocalDesk(opened, { config, clock: now, spoolFolder: folder.part('uploads') })
    return {
      desk: auditedDesk(desk, trail, commandActor()),
      settle: async () => pipelines?.drained(),
      async close() {
        await trail.close()
        await pipelines?.stop()
        await opened.close()
        folder.release()
      },
    }
  } catch (error) {
    await engine?.close()
    folder.release()
    throw error
  }
}

/** Runs with the desk and closes it, whatever happens. */
export async function withDesk<Result>(
  options: DeskOptions,
  use: (open: OpenDesk) => Promise<Result>,
): Promise<Result> {
  const open = await openDesk(options)
  try {
    return await use(open)
  } finally {
    await open.close()
  }
}

import { join } from 'node:path'
import { tokenFor } from './administrator-token.ts'
import type { DataFolder } from './data-folder.ts'
import { feedDemo } from './demo-feed.ts'
import { createLocalDesk } from './desk/local-desk.ts'
import { type EngineParts, openEngine } from './engine.ts'
import { type ServeParts, serve } from './serve.ts'

export interface Running {
  readonly url: string
  readonly tokenFile: string
  /** Resolves only when something cannot go on. */
  readonly failed: Promise<Error>
  /** In the order that loses nothing: no more input, what is in hand is stored and committed, then the stores close. */
  stop(): Promise<void>
}

/** Starts everything of `up`: stores, pipelines, HTTP, and the demo if asked for. */
export async function startServices(
  parts: EngineParts & { readonly folder: DataFolder; readonly demo: ServeParts['demo'] },
): Promise<Running> {
  const { config, folder, clock, logger } = parts
  const engine = await openEngine(parts)
  const stops: (() => Promise<unknown>)[] = [() => engine.close()]
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each()
  }
  try {
    const pipelines = await engine.startPipelines()
    stops.push(() => pipelines.stop())
    const background = new AbortController()
    const desk = createLocalDesk(engine, {
      config,
      clock,
      spoolFolder: folder.part('uploads'),
      onTenantsAdded: pipelines.refreshTenants,
      stopping: background.signal,
    })
    const { app, url, port } = await serve({
      config,
      engine,
      desk,
      administratorToken: tokenFor(config, folder),
      clock,
      logger,
      ...(parts.telemetry === undefined ? {} : { tracing: parts.telemetry.tracing }),
      demo: parts.demo,
    })
    stops.push(() => app.close())
    folder.announce({ pid: process.pid, port, url })
    const onError = (error: unknown) => logger.error({ err: error }, 'demo traffic could not be appended')
    const feeding =
      parts.demo === undefined ? undefined : feedDemo({ log: engine.log, clock, onError }, background.signal)
    stops.push(async () => {
      background.abort()
      // The server waits for the answers it owes.
      await engine.sql.close()
      await feeding
    })
    logger.info({ url, dataDir: folder.path }, 'callscope is up')
    return {
      url,
      tokenFile: config.adminTokenFile ?? join(folder.path, 'administrator.token'),
      failed: pipelines.failed,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

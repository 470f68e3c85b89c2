import { tokenFor } from './administrator-token.ts'
import { awaitEngine } from './await-engine.ts'
import { openPlainFolder } from './data-folder.ts'
import { createLocalDesk } from './desk/local-desk.ts'
import type { Engine, EngineParts } from './engine.ts'
import { serve } from './serve.ts'
import { startStatusServer } from './status-server.ts'

export interface Web {
  readonly started: Promise<{ readonly url: string } | undefined>
  readonly failed: Promise<Error>
  stop(): Promise<void>
}

/**
 * The page, its API and the HTTP edges on shared stores, without pipelines. Until the stores answer, the same port tells
 * what is waited for.
 */
export async function startWeb(parts: EngineParts): Promise<Web> {
  const { config, clock, logger } = parts
  const stopping = new AbortController()
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>()
  const awaited = awaitEngine(parts, stopping.signal)
  const closers: (() => Promise<unknown>)[] = []
  let waiting: Awaited<ReturnType<typeof startStatusServer>> | undefined = await startStatusServer({
    config,
    readiness: awaited.readiness,
  })
  const { port } = waiting

  async function open(engine: Engine) {
    const folder = openPlainFolder(config.dataDir)
    const administratorToken = tokenFor(config, folder)
    const desk = createLocalDesk(engine, {
      ...{ config, clock, spoolFolder: folder.part('uploads'), stopping: stopping.signal },
    })
    await waiting?.close()
    waiting = undefined
    const { app, url } = await serve({
      config: { ...config, port },
      ...(parts.telemetry === undefined ? {} : { tracing: parts.telemetry.tracing }),
      ...{ engine, desk, clock, logger, administratorToken },
    })
    closers.push(() => app.close())
    // Before the server waits for the answers it owes.
    closers.push(() => engine.sql.close())
    if (config.statusPort !== undefined) {
      const status = await startStatusServer({
        config: { ...config, port: config.statusPort },
        ...{ readiness: awaited.readiness, metrics: engine.metrics.expose, administratorToken },
      })
      closers.push(() => status.close())
    }
    logger.info({ url }, 'the page is served')
    return { url }
  }

  async function start() {
    const engine = await awaited.engine
    if (engine === undefined) return undefined
    closers.push(() => engine.close())
    return stopping.signal.aborted ? undefined : open(engine)
  }
  const started = start()
  started.catch((error: unknown) => fail(error instanceof Error ? error : new Error(String(error))))

  return {
    started,
    failed,
    async stop() {
      stopping.abort()
      await started.catch(() => undefined)
      for (const close of closers.splice(0).reverse()) await close()
      await waiting?.close()
    },
  }
}

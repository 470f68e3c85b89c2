import { statedToken } from './administrator-token.ts'
import { awaitEngine } from './await-engine.ts'
import type { PipelineName } from './compose/compose-parts.ts'
import type { Engine, EngineParts } from './engine.ts'
import type { RunningPipelines } from './pipelines.ts'
import { startStatusServer } from './status-server.ts'

export interface Worker {
  readonly port: number
  /** Resolves when the stores were reached and the pipelines run; false: it was stopped before. */
  readonly started: Promise<boolean>
  /** Resolves only when something cannot go on. */
  readonly failed: Promise<Error>
  stop(): Promise<void>
}

/** Pipelines on shared stores, and a port that tells how they do. Any number of these share the work. */
export async function startWorker(
  parts: EngineParts & { readonly pipelines: readonly PipelineName[] },
): Promise<Worker> {
  const stopping = new AbortController()
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>()
  const awaited = awaitEngine(parts, stopping.signal)
  let engine: Engine | undefined
  let pipelines: RunningPipelines | undefined
  const status = await startStatusServer({
    config: parts.config,
    readiness: awaited.readiness,
    administratorToken: statedToken(parts.config),
    metrics: async (format, tenants) =>
      engine?.metrics.expose(format, tenants) ?? { contentType: 'text/plain; version=0.0.4', body: '' },
  })

  async function start(): Promise<boolean> {
    engine = await awaited.engine
    if (engine === undefined || stopping.signal.aborted) return false
    pipelines = await engine.startPipelines(parts.pipelines)
    void pipelines.failed.then(fail)
    return true
  }
  const started = start()
  started.catch((error: unknown) => fail(error instanceof Error ? error : new Error(String(error))))

  return {
    port: status.port,
    started,
    failed,
    async stop() {
      stopping.abort()
      await started.catch(() => undefined)
      try {
        await pipelines?.stop()
      } finally {
        await engine?.close()
        await status.close()
      }
    },
  }
}

import type { Config } from '../config.ts'
import { createLogger, type Logger } from '../logger.ts'
import { createLokiLines } from './loki-lines.ts'
import { instanceId, openTracing, type Tracing } from './tracing.ts'

/** What a long-running process says of itself, beside its metrics. */
export interface OwnTelemetry {
  readonly logger: Logger
  readonly tracing: Tracing
  /** Spans and log lines lost since this was asked last. */
  takeDropped(): { readonly spans: number; readonly logs: number }
}

/** Logger and traces as the configuration wants them. Close `tracing` when everything else is closed. */
export async function openOwnTelemetry({
  telemetry,
  logLevel,
}: Pick<Config, 'telemetry' | 'logLevel'>): Promise<OwnTelemetry> {
  const { logsUrl, serviceName, tenantId } = telemetry
  const tracing = await openTracing(telemetry)
  const loki =
    logsUrl === undefined ? undefined : createLokiLines({ url: logsUrl, serviceName, tenantId, instance: instanceId })
  return {
    tracing,
    logger: createLogger(logLevel, { loki, ...(tracing.batch === undefined ? {} : { activeIds: tracing.activeIds }) }),
    takeDropped: () => ({ spans: tracing.takeDropped(), logs: loki?.takeDropped() ?? 0 }),
  }
}

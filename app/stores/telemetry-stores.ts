import type { CallTelemetry } from '#contracts/call-telemetry.ts'
import type { Clock } from '#contracts/clock.ts'
import type { ErasingLogs } from '#contracts/privacy.ts'
import type { RowSink } from '#contracts/warehouse.ts'
import { createLokiEraser } from '#sinks/loki/loki-eraser.ts'
import { createLokiSink } from '#sinks/loki/loki-sink.ts'
import { createLokiTelemetry } from '#sinks/loki/loki-telemetry.ts'
import type { PipelineMetrics } from '#sinks/prometheus/pipeline-metrics.ts'
import type { DeliveryObserver } from '#sinks/shared/observer.ts'
import { createTempoSink } from '#sinks/tempo/tempo-sink.ts'
import { createTempoTelemetry } from '#sinks/tempo/tempo-telemetry.ts'
import type { Config } from '../config.ts'

/** Where lines and spans go instead of the warehouse; undefined: into the warehouse. */
export interface TelemetrySinks {
  readonly logs: RowSink | undefined
  readonly spans: RowSink | undefined
}

/** Loki and Tempo, where the configuration names them. */
export function telemetrySinks(
  { loki, tempo }: Pick<Config, 'loki' | 'tempo'>,
  metrics: PipelineMetrics,
  clock: Clock,
): TelemetrySinks {
  const observer: DeliveryObserver = {
    stored: metrics.delivered,
    retry: metrics.resent,
    refused: metrics.refused,
    cut: metrics.cut,
  }
  const parts = { observer, clock, random: Math.random }
  return {
    logs: loki.url === undefined ? undefined : createLokiSink({ ...parts, config: { ...loki, url: loki.url } }),
    spans: tempo.url === undefined ? undefined : createTempoSink({ ...parts, config: { ...tempo, url: tempo.url } }),
  }
}

/** What an erasure has to reach where lines and spans are not in the warehouse. */
export const erasedElsewhere = (
  { loki, tempo }: Pick<Config, 'loki' | 'tempo'>,
  clock: Clock,
): { readonly logs: ErasingLogs | undefined; readonly tracesRetentionMs: number | undefined } => ({
  logs: loki.url === undefined ? undefined : createLokiEraser({ config: { ...loki, url: loki.url }, clock }),
  tracesRetentionMs: tempo.url === undefined ? undefined : tempo.retentionDays * 86_400_000,
})

/** From where a call's lines and spans are read: the stores that the pipelines write them to. */
export function telemetryReader(
  { loki, tempo }: Pick<Config, 'loki' | 'tempo'>,
  warehouse: CallTelemetry,
): CallTelemetry & { close(): void } {
  const logs = loki.url === undefined ? undefined : createLokiTelemetry({ config: { ...loki, url: loki.url } })
  const spans = tempo.url === undefined ? undefined : createTempoTelemetry({ config: tempo })
  return {
    logs: logs?.logs ?? warehouse.logs,
    spans: spans?.spans ?? warehouse.spans,
    close() {
      logs?.close()
      spans?.close()
    },
  }
}

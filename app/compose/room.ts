import type { ClickHouseClient } from '@clickhouse/client'
import type { PipelineRoom } from '#pipelines/calls.ts'
import type { PipelineObserver } from '#pipelines/pipeline.ts'
import { createRawSink } from '#sinks/clickhouse/raw-sink.ts'
import { deadLetters } from '#sinks/dead-letter/build.ts'
import type { ComposeParts } from './compose-parts.ts'

/** What every pipeline is given, with the warehouse on this connection as its sink. */
export function roomOf(parts: ComposeParts, client: ClickHouseClient): PipelineRoom {
  const sink = createRawSink({ client })
  const { log, windows, tenants, topicTenant, watermarkLagMs, limits } = parts
  return {
    log,
    windows,
    tenants,
    ...(topicTenant === undefined ? {} : { topicTenant }),
    ...(watermarkLagMs === undefined ? {} : { watermarkLagMs }),
    ...(limits === undefined ? {} : { limits }),
    sink: parts.writes?.watchSink('warehouse', sink) ?? sink,
    deadLetter: deadLetters,
    observer: observerOf(parts),
  }
}

/** Health of a pipeline, as metrics and in the program's own log. */
export const observerOf = ({ prometheus, onRetry }: ComposeParts): PipelineObserver => ({
  records: prometheus.pipelines.records,
  batch: prometheus.pipelines.batch,
  retry(pipeline, sink, cause) {
    prometheus.pipelines.retry(pipeline, sink, cause)
    onRetry(`${pipeline} -> ${sink}`, cause)
  },
})

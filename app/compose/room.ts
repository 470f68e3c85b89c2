import type { ClickHouseClient } from '@clickhouse/client'
import type { LogRecord } from '#contracts/event-log.ts'
import { isReplayed } from '#contracts/pipeline.ts'
import type { RowSink } from '#contracts/warehouse.ts'
import type { Batch } from '#pipelines/batch.ts'
import type { PipelineRoom } from '#pipelines/calls.ts'
import { createRawSink } from '#sinks/clickhouse/raw-sink.ts'
import { deadLetters } from '#sinks/dead-letter/build.ts'
import type { ComposeParts } from './compose-parts.ts'

/** What every pipeline is given, with the warehouse on this connection as its sink. */
export function roomOf(parts: ComposeParts, client: ClickHouseClient): PipelineRoom {
  const sink = createRawSink({ client, observe: parts.prometheus.pipelines.request })
  return roomWith(parts, parts.writes?.watchSink('warehouse', sink) ?? sink)
}

/** What every pipeline is given, with a sink of another kind. */
export function roomWith(parts: ComposeParts, sink: RowSink): PipelineRoom {
  const { log, windows, tenants, topicTenant, watermarkLagMs, limits, prometheus } = parts
  const forget = parts.messages?.forget ?? ((record: LogRecord) => record)
  return {
    log,
    windows,
    tenants,
    ...(topicTenant === undefined ? {} : { topicTenant }),
    ...(watermarkLagMs === undefined ? {} : { watermarkLagMs }),
    ...(limits === undefined ? {} : { limits }),
    ...(parts.privacy === undefined ? {} : { privacy: parts.privacy }),
    ...(parts.newTenants === undefined ? {} : { newTenants: parts.newTenants }),
    sink,
    deadLetter: (pipeline, parked) => deadLetters(pipeline, parked, (record) => forget(record) !== record),
    ...(parts.trace === undefined ? {} : { trace: parts.trace }),
    observer: {
      ...prometheus.pipelines,
      records(pipeline, polled) {
        prometheus.pipelines.records(pipeline, polled)
        parts.heartbeats?.polled(pipeline, polled)
      },
      committed(pipeline, polled) {
        prometheus.pipelines.committed(pipeline, polled)
        parts.shares?.committed(pipeline, polled)
      },
      paused(pipeline, partitions) {
        prometheus.pipelines.paused(pipeline, partitions)
        parts.shares?.paused(pipeline, partitions)
      },
      retry(pipeline, sink, cause) {
        prometheus.pipelines.retry(pipeline, sink, cause)
        parts.onRetry(`${pipeline} -> ${sink}`, cause)
      },
      ...(parts.onFault === undefined ? {} : { fault: parts.onFault }),
    },
  }
}

/** What is read later than this after the log took it is no news: counted now, it would look as if it happened now. */
const liveWithinMs = 3_600_000

/**
 * True of a message that live metrics may count: not counted before the last stop, not archived before, and not of hours
 * ago, as all of a topic is that is read again.
 */
export const isNewTo =
  ({ quietBelow, logNow }: Pick<ComposeParts, 'quietBelow' | 'logNow'>) =>
  ({ topic, partition, offset, headers, logTimeMs }: LogRecord): boolean =>
    !isReplayed({ headers }) &&
    logTimeMs >= logNow() - liveWithinMs &&
    offset >= (quietBelow?.get(`${topic}/${partition}`) ?? 0)

/** Counts what a batch has stored of chat, presence and requests, each message once. */
export function countNew(parts: ComposeParts): (batch: Batch) => void {
  const isNew = isNewTo(parts)
  return ({ rows }) => parts.prometheus.activity.observe(rows.filter(({ record }) => isNew(record)))
}

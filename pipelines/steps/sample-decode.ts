import type { LogRecord } from '#contracts/event-log.ts'
import type { Decode, Effects, TimeWindows } from '#contracts/pipeline.ts'
import { type QualitySample, qualitySample } from '#contracts/signals/quality-sample.ts'
import type { Cell } from '#contracts/warehouse.ts'
import { cellsChecksum16 } from './checksum.ts'
import { createReader, type ReadEvent, schemasByType } from './cloud-event.ts'
import type { TenantRules } from './cloud-event-tenant.ts'
import { type LinkWriter, linkIdsFrom, traceIdOf } from './links.ts'

export interface SampleDecodeOptions extends TenantRules {
  readonly windows: TimeWindows
  readonly writeLinks: LinkWriter
  /** Worst class of one sample by itself (0 good, 1 degraded, 2 poor), with nothing looked up. */
  readonly worstOf: (sample: QualitySample, tenant: string, atMs: number) => 0 | 1 | 2
}

const minuteMs = 60_000
const intervalMissing = 'data.interval_ms: required unless data.scope is "cumulative"; send the length of the interval'

/** Quality samples: one row as sent, integers with the unit in the name, nothing computed and nothing looked up. */
export function createSampleDecode({ writeLinks, worstOf, ...rules }: SampleDecodeOptions): Decode {
  const read = createReader<QualitySample>({ ...rules, schemas: schemasByType<QualitySample>([qualitySample]) })

  return function decodeSamples(record: LogRecord, into: Effects) {
    for (const outcome of read(record)) {
      if (outcome.type === 'park') into.park(outcome.reason, outcome.detail)
      else if (outcome.type === 'next') writeSample(outcome.value, into)
    }
  }

  function writeSample(sample: ReadEvent<QualitySample>, into: Effects): void {
    const { tenant, event, timeMs, expiresAtSeconds } = sample
    const { data } = event
    const cumulative = data.scope === 'cumulative'
    if (!cumulative && data.interval_ms === undefined) {
      into.park('invalid_schema', intervalMissing)
      return
    }
    const minute = Math.floor(timeMs / minuteMs)
    into.row('quality_samples', sampleCells(sample, minute))
    const ids = linkIdsFrom(data, traceIdOf(event.traceparent))
    writeLinks({ tenant, correlationId: event.correlationid, ids, expiresAtSeconds }, into)
    const worst = worstOf(event, tenant, timeMs)
    into.change({
      tenant,
      id: event.correlationid,
      // Counters are differenced over the minute's border: the next minute looks back at this one.
      minutes: cumulative ? [minute, minute + 1] : [minute],
      rescore: false,
      cumulative,
      urgency: 'running',
      worst,
      ...(worst > 0 ? { badMs: data.interval_ms ?? 0 } : {}),
    })
    into.seen(tenant, timeMs)
    into.live(tenant, event)
  }
}

const orNull = (value: number | undefined): number | null => value ?? null
const tenths = (value: number | undefined): number | null => (value === undefined ? null : Math.floor(10 * value + 0.5))
const hundredths = (value: number | undefined): number | null =>
  value === undefined ? null : Math.floor(100 * value + 0.5)
const rounded = (value: number | undefined): number | null => (value === undefined ? null : Math.floor(value + 0.5))

const epochOf = ({ ssrc, start_id }: QualitySample['data']): string =>
  ssrc === undefined && start_id === undefined ? '' : `${ssrc ?? ''}:${start_id ?? ''}`

/** The scope as a part of the key: a report on the whole call and the interval that it ends with are two samples. */
const keyScopes = { interval: 1, cumulative: 2, call: 3 } as const

/** The row, in the order of raw-tables.ts. The key comes first, the content behind it makes the checksum. */
function sampleCells({ tenant, event, timeMs, expiresAtSeconds }: ReadEvent<QualitySample>, minute: number): Cell[] {
  const { data } = event
  const content = contentCells(data)
  return [
    minute * 60,
    tenant,
    event.correlationid,
    data.leg_id ?? '',
    data.kind ?? 'audio',
    data.direction,
    data.stream_id ?? '',
    data.observer,
    timeMs,
    data.sequence ?? 0,
    event.source,
    keyScopes[data.scope ?? 'interval'],
    ...content,
    cellsChecksum16(content),
    expiresAtSeconds,
  ]
}

function contentCells(data: QualitySample['data']): (string | number | null)[] {
  return [
    data.scope ?? 'interval',
    data.interval_ms ?? 0,
    epochOf(data),
    data.codec ?? '',
    orNull(data.packets_received),
    orNull(data.packets_sent),
    orNull(data.packets_lost),
    orNull(data.packets_discarded),
    orNull(data.packets_duplicated),
    orNull(data.bytes_received),
    tenths(data.jitter_ms),
    tenths(data.round_trip_ms),
    tenths(data.one_way_delay_ms),
    tenths(data.jitter_buffer_delay_ms),
    rounded(data.jitter_buffer_delay_total_ms),
    orNull(data.jitter_buffer_emitted),
    orNull(data.concealed_samples),
    orNull(data.silent_concealed_samples),
    orNull(data.samples_received),
    hundredths(data.burst_ratio),
    hundredths(data.mos_listening),
    hundredths(data.mos_conversational),
    orNull(data.frames_decoded),
    orNull(data.frames_dropped),
    orNull(data.freeze_count),
    rounded(data.freezes_ms),
    orNull(data.frame_width),
    orNull(data.frame_height),
    data.limitation ?? '',
    data.muted === true ? 1 : 0,
  ]
}

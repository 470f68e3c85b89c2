import type { LogRecord } from '#contracts/event-log.ts'
import type { Decode, Effects, TimeWindows } from '#contracts/pipeline.ts'
import type { Privacy } from '#contracts/privacy.ts'
import { type CallEvent, callEvent } from '#contracts/signals/call-events.ts'
import { defaultPrivacy } from '../privacy/privacy.ts'
import { rowChecksum64, stableJson } from './checksum.ts'
import { createReader, type ReadEvent, schemasByType } from './cloud-event.ts'
import type { TenantRules } from './cloud-event-tenant.ts'
import { type LinkWriter, linkIdsFrom, traceIdOf } from './links.ts'

export interface EventDecodeOptions extends TenantRules {
  readonly windows: TimeWindows
  readonly writeLinks: LinkWriter
  readonly privacy?: Privacy
}

/** Call and conference events: what happened, as sent, but for the parties, which are stored as their tenant's policy says. */
export function createEventDecode({ writeLinks, privacy = defaultPrivacy, ...rules }: EventDecodeOptions): Decode {
  const read = createReader<CallEvent>({ ...rules, schemas: schemasByType<CallEvent>(callEvent.options) })

  return function decodeEvents(record: LogRecord, into: Effects) {
    for (const outcome of read(record)) {
      if (outcome.type === 'park') into.park(outcome.reason, outcome.detail)
      else if (outcome.type === 'next') writeEvent(outcome.value, into)
    }
  }

  function writeEvent(read: ReadEvent<CallEvent>, into: Effects): void {
    const { tenant, event, timeMs, expiresAtSeconds } = read
    const { correlationid: id } = event
    const { data, erased } = privacy.data(event.data, { tenant, atMs: timeMs, correlationId: id })
    const json = stableJson(data)
    const traceId = traceIdOf(event.traceparent)
    into.row('call_events', [
      tenant,
      id,
      event.source,
      event.id,
      timeMs,
      event.type,
      data.leg_id ?? '',
      data.codec ?? '',
      traceId ?? '',
      json,
      eventChecksum({ timeMs, type: event.type, traceId: traceId ?? '', json }, erased),
      expiresAtSeconds,
    ])
    writeLinks({ tenant, correlationId: id, ids: linkIdsFrom(data, traceId), expiresAtSeconds }, into)
    into.change({
      tenant,
      id,
      minutes: [],
      rescore: changesScoring(event),
      cumulative: false,
      urgency: 'now',
      worst: 0,
    })
    into.seen(tenant, timeMs)
  }
}

/** Checksum of an event's row; of an erased one greater than of any other. */
export const eventChecksum = (
  { timeMs, type, traceId, json }: { timeMs: number; type: string; traceId: string; json: string },
  erased: boolean,
): string => rowChecksum64(`${timeMs} ${type} ${traceId} ${json}`, erased)

/** Events that scoring reads: which codec a sample without one had, and which intervals were before the answer. */
const changesScoring = ({ type, data }: CallEvent): boolean => type === 'call.answered' || data.codec !== undefined

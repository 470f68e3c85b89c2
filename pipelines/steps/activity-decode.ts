import type { Decode, TimeWindows } from '#contracts/pipeline.ts'
import { type ActivityEvent, activityEvent } from '#contracts/signals/activity-events.ts'
import type { Cell } from '#contracts/warehouse.ts'
import { contentChecksum64 } from './checksum.ts'
import { createReader, type ReadEvent, schemasByType } from './cloud-event.ts'
import type { TenantRules } from './cloud-event-tenant.ts'
import { traceIdOf } from './links.ts'

/** What is kept of a user's id, by the rules of the tenant at the moment of the event (epoch milliseconds). */
export type KeepSubject = (tenant: string, subject: string, atMs: number) => string

export interface ActivityDecodeOptions extends TenantRules {
  readonly windows: TimeWindows
  /** Without it ids stay as they are sent: the schema asks for pseudonyms. */
  readonly keepSubject?: KeepSubject
}

/** Chat and presence to `activity_events`: that something happened, and how long it took. There is no text to be kept. */
export function createActivityDecode({ keepSubject = asSent, ...rules }: ActivityDecodeOptions): Decode {
  const read = createReader<ActivityEvent>({ ...rules, schemas: schemasByType<ActivityEvent>(activityEvent.options) })

  return function decodeActivity(record, into) {
    for (const outcome of read(record)) {
      if (outcome.type === 'park') into.park(outcome.reason, outcome.detail)
      else if (outcome.type === 'next') into.row('activity_events', cellsOf(outcome.value, keepSubject))
    }
  }
}

const asSent: KeepSubject = (_tenant, subject) => subject

function cellsOf(
  { tenant, event, timeMs, expiresAtSeconds }: ReadEvent<ActivityEvent>,
  keepSubject: KeepSubject,
): readonly Cell[] {
  const { source, id, type, correlationid = '', data } = event
  const subject = 'user_id' in data ? keepSubject(tenant, data.user_id, timeMs) : ''
  const chat = 'conversation_id' in data ? data : undefined
  const status = 'status' in data ? data.status : ''
  const delayMs = 'delay_ms' in data && data.delay_ms !== undefined ? Math.round(data.delay_ms) : null
  const content: readonly Cell[] = [
    ...[timeMs, type, correlationid, subject, chat?.conversation_id ?? '', chat?.message_id ?? '', status, delayMs],
    ...[chat?.size_bytes ?? null, traceIdOf(event.traceparent) ?? ''],
  ]
  return [tenant, source, id, ...content, contentChecksum64(JSON.stringify(content)), expiresAtSeconds]
}

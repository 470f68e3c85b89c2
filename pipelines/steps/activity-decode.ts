import type { Decode, TimeWindows } from '#contracts/pipeline.ts'
import type { Privacy } from '#contracts/privacy.ts'
import { type ActivityEvent, activityEvent } from '#contracts/signals/activity-events.ts'
import type { Cell } from '#contracts/warehouse.ts'
import { defaultPrivacy } from '../privacy/privacy.ts'
import { rowChecksum64 } from './checksum.ts'
import { createReader, type ReadEvent, schemasByType } from './cloud-event.ts'
import type { TenantRules } from './cloud-event-tenant.ts'
import { traceIdOf } from './links.ts'

export interface ActivityDecodeOptions extends TenantRules {
  readonly windows: TimeWindows
  readonly privacy?: Privacy
}

/** Chat and presence to `activity_events`: that something happened, and how long it took. There is no text to be kept. */
export function createActivityDecode({ privacy = defaultPrivacy, ...rules }: ActivityDecodeOptions): Decode {
  const read = createReader<ActivityEvent>({ ...rules, schemas: schemasByType<ActivityEvent>(activityEvent.options) })

  return function decodeActivity(record, into) {
    for (const outcome of read(record)) {
      if (outcome.type === 'park') into.park(outcome.reason, outcome.detail)
      else if (outcome.type === 'next') into.row('activity_events', cellsOf(outcome.value, privacy))
    }
  }
}

function cellsOf(read: ReadEvent<ActivityEvent>, privacy: Privacy): readonly Cell[] {
  const { tenant, event, timeMs, expiresAtSeconds } = read
  const { source, id, type, correlationid } = event
  const { data, erased } = privacy.data(event.data, { tenant, atMs: timeMs, correlationId: correlationid })
  const subject = 'user_id' in data ? data.user_id : ''
  const chat = 'conversation_id' in data ? data : undefined
  const status = 'status' in data ? data.status : ''
  const delayMs = 'delay_ms' in data && data.delay_ms !== undefined ? Math.round(data.delay_ms) : null
  const content: readonly Cell[] = [
    ...[timeMs, type, correlationid ?? '', subject, chat?.conversation_id ?? '', chat?.message_id ?? '', status],
    ...[delayMs, chat?.size_bytes ?? null, traceIdOf(event.traceparent) ?? ''],
  ]
  return [tenant, source, id, ...content, rowChecksum64(JSON.stringify(content), erased), expiresAtSeconds]
}

import type { Decode, TimeWindows } from '#contracts/pipeline.ts'
import type { Privacy } from '#contracts/privacy.ts'
import { type AuditEvent, auditEvent } from '#contracts/signals/audit-events.ts'
import type { Cell } from '#contracts/warehouse.ts'
import { defaultPrivacy } from '../privacy/privacy.ts'
import { contentChecksum64, stableJson } from './checksum.ts'
import { createReader, type ReadEvent, schemasByType } from './cloud-event.ts'
import type { TenantRules } from './cloud-event-tenant.ts'

export interface AuditDecodeOptions extends TenantRules {
  readonly windows: TimeWindows
  readonly privacy?: Privacy
}

/** Security audit to `audit_log`, by actor. Never sampled, never dropped: every event is a row or a dead letter. */
export function createAuditDecode({ privacy = defaultPrivacy, ...rules }: AuditDecodeOptions): Decode {
  const read = createReader<AuditEvent>({ ...rules, schemas: schemasByType<AuditEvent>(auditEvent.options) })

  return function decodeAudit(record, into) {
    for (const outcome of read(record)) {
      if (outcome.type === 'park') into.park(outcome.reason, outcome.detail)
      else if (outcome.type === 'next') into.row('audit_log', cellsOf(outcome.value, privacy))
    }
  }
}

function cellsOf(read: ReadEvent<AuditEvent>, privacy: Privacy): readonly Cell[] {
  const { tenant, event, timeMs, expiresAtSeconds } = read
  const stored = privacy.audit(event.data, { tenant, atMs: timeMs })
  const data = stableJson(stored)
  const correlationId = event.correlationid ?? ''
  const checksum = contentChecksum64(`${timeMs} ${event.type} ${correlationId} ${data}`)
  const key = [tenant, stored.actor_id, event.source, event.id]
  return [...key, timeMs, event.type, correlationId, data, checksum, expiresAtSeconds]
}

import type { MessageEmission } from './emission.ts'
import type { JsonObject } from './message.ts'
import { type CallDraft, mainId } from './plan.ts'
import { hex } from './random.ts'

/** The security audit around one call: who was let in, and who got a link to its recording. Keyed by actor. */
export function auditOf(draft: CallDraft): readonly MessageEmission[] {
  if (!draft.telemetry) return []
  const random = draft.random.fork('audit')
  const actor = draft.legs[0]?.accountId ?? 'acct-unknown'
  const { startMs, endMs } = draft.times
  const events: MessageEmission[] = []

  function audit(type: string, atMs: number, data: JsonObject): void {
    const number = events.length + 1
    events.push({
      kind: 'message',
      topic: 'audit-events',
      key: actor,
      atMs,
      value: {
        specversion: '1.0',
        id: `audit-${mainId(draft)}-${number}`,
        source: '/audit',
        type,
        time: new Date(atMs).toISOString(),
        tenantid: draft.tenant.id,
        correlationid: mainId(draft),
        data: { actor_id: actor, ...data },
      },
    })
  }

  const bundle = { policy_bundle_id: 'calls', policy_bundle_version: '2026.3' }
  const resource = `calls/${draft.ids.callId}`
  audit('audit.access_allowed', startMs - 10, { ...bundle, resource, action: 'call.create', obligations: ['log'] })
  if (draft.recordingKey === undefined) return events
  const recording = { object_key: draft.recordingKey }
  const leaseId = `lease-${hex(random, 12)}`
  const expires = { expires_at: new Date(endMs + 900_000).toISOString() }
  audit('audit.presigned_url_issued', endMs + 4_000, {
    ...recording,
    lease_id: leaseId,
    reason: 'playback',
    ...expires,
  })
  audit('audit.recording_accessed', endMs + 7_000, { ...recording, bytes: random.int(80_000, 900_000) })
  audit('audit.presigned_url_revoked', endMs + 9_000, { ...recording, lease_id: leaseId })
  return events
}

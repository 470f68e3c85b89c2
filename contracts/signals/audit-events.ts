import { z } from 'zod'
import { actOutcomes, addressClasses } from '../audit-trail.ts'
import { cloudEventContext, counter, id, knownIds, name, timestamp } from './common.ts'

const acted = {
  ...knownIds,
  actor_id: id,
  actor_kind: z.enum(['user', 'administrator', 'service']).optional(),
} as const
const objectKey = z.string().min(1).max(1_000)
/** What callscope itself says of administrative acts. Nobody else may say it is the source. */
export const auditSource = '/callscope'
const peer = z
  .enum(addressClasses)
  .optional()
  .describe('Where the request came from: an address itself is personal data.')
const bundle = { policy_bundle_id: id.optional(), policy_bundle_version: name.optional() } as const

/** Security audit. Never sampled, never dropped, stored apart. */
export const auditEventData = {
  'audit.presigned_url_issued': z.strictObject({
    ...acted,
    object_key: objectKey,
    reason: name.optional(),
    expires_at: timestamp.optional(),
    lease_id: id.optional(),
  }),
  'audit.presigned_url_revoked': z.strictObject({ ...acted, object_key: objectKey, lease_id: id.optional() }),
  'audit.access_allowed': z.strictObject({
    ...acted,
    ...bundle,
    resource: objectKey,
    action: name,
    obligations: z.array(name).max(50).optional(),
  }),
  'audit.access_denied': z.strictObject({
    ...acted,
    ...bundle,
    resource: objectKey,
    action: name,
    obligations: z.array(name).max(50).optional(),
    reason: name.optional(),
    count: counter.optional().describe('So many within the minute before; absent: one.'),
    peer,
  }),
  'audit.recording_accessed': z.strictObject({ ...acted, object_key: objectKey, bytes: counter.optional() }),
  'audit.configuration_changed': z.strictObject({ ...acted, setting: name, change_id: id.optional() }),
  'audit.policy_changed': z.strictObject({ ...acted, ...bundle, checksum: id.optional() }),
  'audit.administration': z.strictObject({
    ...acted,
    action: name,
    target_id: id.optional(),
    act_id: id.optional().describe('Equal in the event before an act and the one after it.'),
    outcome: z.enum(actOutcomes).optional(),
    status: z.int().min(100).max(599).optional().describe('As HTTP has it.'),
    on_tenant: name.optional().describe('Whose data it concerned.'),
    detail: z.string().max(1_000).optional().describe('Of SQL: the statement without its literals.'),
    peer,
  }),
  'audit.user_action': z.strictObject({ ...acted, action: name, target_id: id.optional() }),
} as const
type AuditType = keyof typeof auditEventData

const [first, ...rest] = (Object.keys(auditEventData) as AuditType[]).map((type) =>
  z.looseObject({
    ...cloudEventContext,
    type: z.literal(type),
    correlationid: id.optional(),
    data: auditEventData[type],
  }),
)
if (first === undefined) throw new Error('auditEventData is empty')

/** A CloudEvent on `audit-events`, keyed by actor. */
export const auditEvent = z.discriminatedUnion('type', [first, ...rest])
export type AuditEvent = z.infer<typeof auditEvent>

import { topicNames } from '#contracts/topics.ts'
import type { PipelineRoom } from './calls.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { createAuditDecode } from './steps/audit-decode.ts'

/** Security audit: decode -> deliver -> commit. Never sampled, never dropped, stored apart. */
export const createAuditPipeline = (room: PipelineRoom): Pipeline =>
  createPipeline({ ...room, name: 'audit', topics: [topicNames.auditEvents], decode: createAuditDecode(room) })

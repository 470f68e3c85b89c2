import type { Clock } from '#contracts/clock.ts'
import type { Config } from '../config.ts'
import type { Engine } from '../engine.ts'
import type { Logger } from '../logger.ts'
import { createAuditTrail, type OpenAuditTrail } from './audit-trail.ts'

interface OpenAuditTrailParts extends Pick<Engine, 'log' | 'metrics'> {
  readonly config: Pick<Config, 'auditTenant' | 'defaultTenant'>
  readonly clock: Clock
  readonly logger: Pick<Logger, 'error'>
}

/** The administrators' trace of an install: its log, its metrics, and the operator's tenant. */
export const openAuditTrail = ({ config, metrics, ...parts }: OpenAuditTrailParts): OpenAuditTrail =>
  createAuditTrail({
    ...parts,
    tenant: config.auditTenant ?? config.defaultTenant,
    lost: metrics.access.auditLost,
    deniedCount: metrics.access.denied,
  })

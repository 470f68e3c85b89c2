import type { LogRecord } from '#contracts/event-log.ts'
import { drop, type Outcome, park } from '#contracts/outcome.ts'
import { recordHeaders } from '#contracts/pipeline.ts'

export interface TenantRules {
  /** The registered tenants, as of now; the registry keeps the set fresh. */
  readonly tenants: () => ReadonlySet<string>
  /** The tenant that the configuration names for a topic, where it names one. */
  readonly topicTenant?: (topic: string) => string | undefined
}

const mismatch = park(
  'tenant_mismatch',
  'tenant: the payload names another than the credential or topic does; leave it out or correct it',
)
const unregistered = park('unknown_tenant', 'tenant: not registered; register it, or correct the payload')
const unnamed = park(
  'unknown_tenant',
  'tenant: neither credential, topic nor payload names one, and there are several; set tenantid (in OTLP: tenant_id), or topicTenants in the configuration',
)

const ofAnother = drop('not_for_this_pipeline')

/**
 * Whose message this is: the credential's tenant (a header that our own edges set), else the topic's configured one,
 * else the one that the payload names, else the only one there is. Where there are several, a guess would hand one
 * customer's messages to another. A payload that names another than the first two is refused, never followed.
 */
export function tenantOf(record: LogRecord, named: string | undefined, rules: TenantRules): string | Outcome<never> {
  const appointed = record.headers[recordHeaders.tenant] ?? rules.topicTenant?.(record.topic)
  if (appointed !== undefined && named !== undefined && named !== appointed) return mismatch
  const tenant = appointed ?? named ?? onlyTenant(rules)
  if (tenant === undefined) return unnamed
  if (record.replayedMs !== undefined && isLeftOut(record, tenant)) return ofAnother
  return rules.tenants().has(tenant) ? tenant : unregistered
}

/** A replay for one tenant sends messages of several tenants whole: what is the others' stops here. */
function isLeftOut({ headers }: LogRecord, tenant: string): boolean {
  const only = headers[recordHeaders.onlyTenant]
  return only !== undefined && only !== tenant
}

function onlyTenant({ tenants }: TenantRules): string | undefined {
  const known = tenants()
  const [only] = known
  return known.size === 1 ? only : undefined
}

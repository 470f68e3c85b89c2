import { mixedTenant, unknownTenant } from '#contracts/archive.ts'
import { type LogRecord, textOf } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { topicNames } from '#contracts/topics.ts'
import type { TenantRules } from '../steps/cloud-event-tenant.ts'

/** Whose message this is, as far as can be told without judging it: a registered tenant, `_mixed` or `_unknown`. */
export type TenantOf = (record: LogRecord) => string

/** Larger ones are dead letters, whoever sent them. */
const maxBytes = 1_048_576

/** OTLP names tenants by resource, and by record: finding them takes decoding it whole. */
const otlpTopics: ReadonlySet<string> = new Set([topicNames.appLogs, topicNames.traceSpans])

/** The same precedence as for decoding: credential, topic, payload, the only one there is. */
export function createTenantOf({ tenants, topicTenant }: TenantRules): TenantOf {
  const known = (tenant: string): string => (tenants().has(tenant) ? tenant : unknownTenant)

  return function tenantOf(record) {
    const appointed = record.headers[recordHeaders.tenant] ?? topicTenant?.(record.topic)
    if (appointed !== undefined) return known(appointed)
    if (otlpTopics.has(record.topic)) return mixedTenant
    const named = namedIn(record)
    const [first, ...others] = named
    if (others.length > 0) return mixedTenant
    if (first !== undefined) return known(first)
    const [only, ...more] = tenants()
    return only === undefined || more.length > 0 ? unknownTenant : only
  }
}

/** Tenants that a CloudEvent names, in whichever mode it comes. What cannot be read names none. */
function namedIn(record: LogRecord): ReadonlySet<string> {
  const { headers, value } = record
  if (headers.ce_specversion !== undefined || headers.ce_id !== undefined)
    return new Set(headers.ce_tenantid === undefined ? [] : [headers.ce_tenantid])
  if (value.length > maxBytes) return new Set()
  try {
    const parsed: unknown = JSON.parse(textOf(record))
    return new Set((Array.isArray(parsed) ? parsed : [parsed]).map(tenantIdOf).filter((id) => id !== undefined))
  } catch {
    return new Set()
  }
}

function tenantIdOf(event: unknown): string | undefined {
  if (typeof event !== 'object' || event === null) return undefined
  const { tenantid } = event as { readonly tenantid?: unknown }
  return typeof tenantid === 'string' ? tenantid : undefined
}

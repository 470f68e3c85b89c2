/** Structured metadata of ours. A producer's attribute of the same name is kept as `attribute_<name>`. */
export const ownNames = {
  hash: 'line_hash',
  correlationId: 'correlation_id',
  traceId: 'trace_id',
  spanId: 'span_id',
  severityNumber: 'severity_number',
  severityText: 'severity_text',
  service: 'service',
  scope: 'scope_name',
  leftOut: 'metadata_left_out',
} as const
export const labelNames = { service: 'service_name', severity: 'severity', lane: 'lane', tenant: 'tenant' } as const
export const resourcePrefix = 'resource_'
export const attributePrefix = 'attribute_'

/** Names with a meaning to us or to Loki, which adds `detected_level`. */
const taken: ReadonlySet<string> = new Set([
  ...Object.values(ownNames),
  ...Object.values(labelNames),
  'detected_level',
  'level',
])

/**
 * A key as Loki keeps it: letters, digits and single underscores. Its own rewriting (otlptranslator, LabelNamer) must find
 * nothing to do: a name of nothing but underscores makes it answer 500, which would be tried again for ever.
 */
function lokiName(key: string): string {
  const name = key.replaceAll(/[^A-Za-z0-9]+/g, '_')
  if (name === '' || name === '_') return 'key'
  return /^[0-9_]/.test(name) ? `key${name.startsWith('_') ? '' : '_'}${name}` : name
}

const maxName = 200
/** Attribute names repeat; those of a producer who makes up new ones are not all remembered. */
const maxRemembered = 10_000

/** Names of producers' attributes as structured metadata, remembered. */
export function createMetadataNames() {
  const attributes = new Map<string, string>()
  const resources = new Map<string, string>()
  const remember = (into: Map<string, string>, key: string, make: (name: string) => string): string => {
    const known = into.get(key)
    if (known !== undefined) return known
    const made = make(lokiName(key.slice(0, maxName)))
    if (into.size < maxRemembered) into.set(key, made)
    return made
  }
  return {
    attribute: (key: string): string =>
      remember(attributes, key, (name) =>
        taken.has(name) || name.startsWith(resourcePrefix) || name.startsWith(attributePrefix)
          ? attributePrefix + name
          : name,
      ),
    resource: (key: string): string => remember(resources, key, (name) => resourcePrefix + name),
  }
}
export type MetadataNames = ReturnType<typeof createMetadataNames>

export interface ServiceName {
  /** What stands in the label. */
  readonly label: string
  readonly cut?: 'service_name' | 'services_full'
}

const maxLength = 100
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is taken out
const controls = /[\u0000-\u001f\u007f-\u009f]/g
const full: ServiceName = { label: 'other', cut: 'services_full' }

/**
 * Names of services as label values. They are producers' input, and every new one makes up to 112 streams (7 severities,
 * 16 lanes): of an organisation only the first `max` that this process saw are told apart, the rest are `other`.
 */
export function createServiceNames(max: number): (org: string, tenant: string, service: string) => ServiceName {
  const known = new Map<string, Map<string, ServiceName>>()
  return function serviceName(org, tenant, service) {
    let ofOrg = known.get(org)
    if (ofOrg === undefined) {
      ofOrg = new Map()
      known.set(org, ofOrg)
    }
    const key = `${tenant}\u0000${service.length > maxLength ? service.slice(0, maxLength) : service}`
    const name = ofOrg.get(key)
    if (name !== undefined) return name
    if (ofOrg.size >= max) return full
    const made = sanitised(service)
    ofOrg.set(key, made)
    return made
  }
}

function sanitised(service: string): ServiceName {
  const clean = service.slice(0, maxLength).toWellFormed().replaceAll(controls, ' ').trim()
  if (clean === service) return { label: clean === '' ? 'unknown_service' : clean }
  return { label: clean === '' ? 'unknown_service' : clean, cut: 'service_name' }
}

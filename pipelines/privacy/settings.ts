import type { EpochMs } from '#contracts/call-record.ts'
import type { PolicyConfig, PrivacyConfig, Treatment } from './config.ts'

export interface HashKey {
  readonly id: string
  readonly validFromMs: EpochMs
  readonly secret: string
}

/** Policies and keys by the event times for which they hold. */
export interface PrivacySettings {
  readonly policyAt: (tenant: string, atMs: EpochMs) => Treatment
  /** Every policy that a tenant has or had. */
  readonly policiesOf: (tenant: string) => readonly Treatment[]
  /** Events before the first key are hashed with the first. Undefined: there is none. */
  readonly keyAt: (atMs: EpochMs) => HashKey | undefined
  /** Oldest first. */
  readonly keys: readonly HashKey[]
}

export type ResolvedPrivacy =
  | { readonly type: 'settings'; readonly settings: PrivacySettings }
  /** Each names the setting and the fix, and no value. */
  | { readonly type: 'refused'; readonly problems: readonly string[] }

const leastSecret = 32

/**
 * Settings as decode steps use them. `readFile` gives the content of a mounted secret and may throw. Refused: a key without a
 * secret, two keys alike, and a hash that is asked for while no key holds at `nowMs`.
 */
export function resolvePrivacy(
  config: PrivacyConfig,
  { readFile, nowMs }: { readonly readFile: (path: string) => string; readonly nowMs: EpochMs },
): ResolvedPrivacy {
  const problems: string[] = []
  const keys = config.keys
    .map((key, at) => {
      const path = `privacy.keys.${at}`
      const secret = secretOf(key, path, { readFile, problems })
      return { id: key.id, validFromMs: Date.parse(key.validFrom), secret }
    })
    .sort((a, b) => a.validFromMs - b.validFromMs)
  if (new Set(keys.map(({ id }) => id)).size < keys.length)
    problems.push('privacy.keys: two keys have one id; name each otherwise')
  if (new Set(keys.map(({ validFromMs }) => validFromMs)).size < keys.length)
    problems.push('privacy.keys: two keys begin at the same time; let one begin later')
  const policies = [
    ['privacy.default', config.default],
    ...Object.entries(config.tenants).map(([tenant, policy]) => [`privacy.tenants.${tenant}`, policy]),
  ] as const
  for (const [path, policy] of policies as readonly (readonly [string, PolicyConfig])[]) {
    const hashed = [policy, ...policy.earlier].some(({ parties }) => parties === 'hmac')
    if (hashed && (keys[0] === undefined || keys[0].validFromMs > nowMs))
      problems.push(
        `${path}.parties: "hmac" needs a key that is valid now; add one to privacy.keys with validFrom in the past`,
      )
  }
  return problems.length > 0 ? { type: 'refused', problems } : { type: 'settings', settings: settingsOf(config, keys) }
}

function secretOf(
  { secret, secretFile }: PrivacyConfig['keys'][number],
  path: string,
  { readFile, problems }: { readonly readFile: (path: string) => string; readonly problems: string[] },
): string {
  let text = secret ?? ''
  if (secret === undefined && secretFile === undefined)
    problems.push(`${path}.secretFile: name a file with the secret, at least ${leastSecret} characters`)
  else if (secret !== undefined && secretFile !== undefined)
    problems.push(`${path}: secret and secretFile are both given; leave one out`)
  else if (secretFile !== undefined) {
    try {
      text = readFile(secretFile).trim()
    } catch {
      problems.push(`${path}.secretFile: cannot be read; check the path and its permissions`)
      return ''
    }
  }
  if (text !== '' && text.length < leastSecret)
    problems.push(`${path}.secret: must have at least ${leastSecret} characters`)
  else if (text === '' && secretFile !== undefined) problems.push(`${path}.secretFile: is empty`)
  return text
}

function settingsOf(config: PrivacyConfig, keys: readonly HashKey[]): PrivacySettings {
  const histories = new Map(Object.entries(config.tenants).map(([tenant, policy]) => [tenant, historyOf(policy)]))
  const others = historyOf(config.default)
  const of = (tenant: string) => histories.get(tenant) ?? others
  return {
    keys,
    keyAt: (atMs) => keys.findLast(({ validFromMs }) => validFromMs <= atMs) ?? keys[0],
    policyAt: (tenant, atMs) => {
      const { now, earlier } = of(tenant)
      return earlier.find(({ untilMs }) => atMs < untilMs)?.treatment ?? now
    },
    policiesOf: (tenant) => [of(tenant).now, ...of(tenant).earlier.map(({ treatment }) => treatment)],
  }
}

const historyOf = ({ earlier, ...now }: PolicyConfig) => ({
  now,
  earlier: earlier
    .map(({ until, ...treatment }) => ({ untilMs: Date.parse(until), treatment }))
    .sort((a, b) => a.untilMs - b.untilMs),
})

/** What holds where nothing is configured: parties as sent, free text scrubbed. */
export const defaultSettings: PrivacySettings = settingsOf(
  { default: { parties: 'clear', freeText: 'scrubbed', earlier: [] }, tenants: {}, keys: [] },
  [],
)

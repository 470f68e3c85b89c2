import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '#contracts/clock.ts'
import type { Role, TenantDirectory } from '#contracts/registry.ts'
import type { TenantScope } from '#contracts/warehouse.ts'
import { Denied, keyThatHolds } from './denied.ts'
import { looksDirect } from './guards.ts'
import type { KeyLookups } from './key-lookups.ts'
import type { HttpParts } from './ports.ts'
import { Problem } from './problem.ts'

/** Who sent a request, and for whom. */
export interface Principal {
  readonly role: Role
  /** Undefined: an administrator that named no tenant. Reads all, and sends only where it is beyond doubt for whom. */
  readonly tenant: string | undefined
  /** Of several tenants, and not of all: these can be read, and nothing sent. */
  readonly tenants?: readonly string[]
  /** The administrator token was shown: what `administer` asks for. */
  readonly holdsToken?: boolean
  /** Of an API key: its id, and whether it still opens anything, for what lasts longer than a request. */
  readonly key?: { readonly id: string; holds(): Promise<boolean> }
}

/** What a route asks for. `open`: health and the documents. `scrape`: figures, of all tenants or of one's own. */
export type Access = 'open' | 'ingest' | 'read' | 'scrape' | 'administer'

/** What a request may that shows no credential. */
export interface Anonymous {
  readonly reads: TenantScope
  /** For the default tenant. */
  readonly sends: boolean
}

interface CredentialParts {
  readonly tenants: Pick<TenantDirectory, 'tenants'>
  readonly keys: Pick<KeyLookups, 'find'>
  /** A key was believed: called for each request. */
  keyUsed(id: string): void
  readonly clock: Clock
  readonly administratorToken: string
  /** Opens the figures of all tenants, and nothing else. */
  readonly metricsToken?: string | undefined
  readonly defaultTenant: string
  /** Undefined: nothing is open without a credential, wherever it comes from. */
  readonly anonymous?: Anonymous | undefined
}

const allowed: Readonly<Record<Role, readonly Access[]>> = {
  ingest: ['open', 'ingest'],
  reader: ['open', 'read', 'scrape'],
  administrator: ['open', 'ingest', 'read', 'scrape'],
}

/** The hash under which a key is known: clear keys are never stored. */
export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex')

/**
 * Whether what is shown is one of these tokens. Each is compared whole, so that the time it took says nothing of it.
 * Tokens that are not set match nothing.
 */
export function createTokenCheck(...tokens: readonly (string | undefined)[]): (key: string) => boolean {
  const hashes = tokens.filter((token) => token !== undefined && token !== '').map((token) => digest(token as string))
  return (key) => hashes.filter((known) => timingSafeEqual(known, digest(key))).length > 0
}

const digest = (key: string): Buffer => Buffer.from(hashKey(key))

/**
 * Who a request is from: an API key's tenant; the administrator token, which may name a tenant; the token for figures; or,
 * without any credential, what the settings leave open. An address is no credential: only with a setting does it count.
 */
export function createAuthenticator(parts: CredentialParts) {
  const { tenants, keys, clock } = parts
  const isAdministrator = createTokenCheck(parts.administratorToken)
  const isScraper = createTokenCheck(parts.metricsToken)
  return async function authenticate(
    headers: IncomingHttpHeaders,
    peer: string | undefined,
    access: Access,
  ): Promise<Principal> {
    const key = bearerOf(headers.authorization)
    if (key === undefined) return anonymous(headers, peer, access, parts)
    if (isAdministrator(key))
      return { role: 'administrator', tenant: await namedTenant(headers, tenants), holdsToken: true }
    if (isScraper(key)) return scraper(access)
    const found = async () => keyThatHolds(await keys.find(hashKey(key), peer).catch(registryAway), clock())
    const { id: keyId, role, tenant } = await found()
    if (!allowed[role].includes(access))
      throw new Denied(403, 'not_allowed', `this needs ${wanted[access]}, and the key's role is "${role}"`, { keyId })
    const named = header(headers['callscope-tenant'])
    if (named !== undefined && named !== tenant)
      throw new Denied(403, 'not_allowed', 'callscope-tenant: differs from the tenant of the API key; leave it out', {
        keyId,
      })
    parts.keyUsed(keyId)
    return { role, tenant, key: { id: keyId, holds: () => found().then(yes, (error) => !(error instanceof Denied)) } }
  }
}

const yes = (): boolean => true

/** No word on the key: it may be a good one, so that its sender is to come again. */
function registryAway(): never {
  throw new Problem(503, 'API keys cannot be checked now, because the registry does not answer: send again later', {
    retryAfterSeconds: 5,
  })
}

const wanted: Readonly<Record<Access, string>> = {
  open: 'nothing',
  ingest: 'a key with role "ingest" or "administrator"',
  read: 'a key with role "reader" or "administrator"',
  scrape: 'the token of the setting metrics.token (all tenants), or a key with role "reader" (its own tenant)',
  administer: 'the administrator token (administrator.token in the data folder)',
}

/** Who reads the figures of all tenants, and may do nothing else. */
function scraper(access: Access): Principal {
  if (access === 'scrape' || access === 'open') return { role: 'reader', tenant: undefined }
  throw new Denied(403, 'not_allowed', `this needs ${wanted[access]}, and metrics.token opens /metrics alone`)
}

function anonymous(
  headers: IncomingHttpHeaders,
  peer: string | undefined,
  access: Access,
  { defaultTenant, anonymous: open }: CredentialParts,
): Principal {
  if (access === 'open') return { role: 'reader', tenant: defaultTenant }
  if (access === 'administer' || open === undefined || !looksDirect(headers, peer)) throw notAuthenticated(access)
  if (access === 'ingest' && !open.sends) throw notAuthenticated(access)
  if (header(headers['callscope-tenant']) !== undefined)
    throw new Problem(401, 'callscope-tenant: only the administrator token may name a tenant')
  const { reads } = open
  if (access === 'ingest') return { role: 'administrator', tenant: defaultTenant }
  if (typeof reads === 'object') return { role: 'reader', tenant: undefined, tenants: reads }
  return { role: 'administrator', tenant: reads }
}

const notAuthenticated = (access: Access): Problem =>
  new Problem(
    401,
    `send "Authorization: Bearer ..." with ${wanted[access]}; "callscope open" prints the page's address with the right to see it`,
  )

/** Whose data may be read: all of it (undefined), one tenant's, or that of several. */
export const scopeOf = ({ tenant, tenants }: Principal): TenantScope => tenants ?? tenant

/**
 * Whose it is what a request brings. An administrator speaks for every tenant, so that it has to name one: unless the
 * operator has stated a default, or there is only one.
 */
export async function senderOf(
  { tenant }: Principal,
  { settings, tenants }: Pick<HttpParts, 'settings' | 'tenants'>,
): Promise<string> {
  if (tenant !== undefined) return tenant
  if (settings.defaultTenantStated) return settings.defaultTenant
  const [only, ...others] = await tenants.tenants()
  if (only !== undefined && others.length === 0) return only.id
  throw new Problem(
    400,
    'callscope-tenant: there are several tenants: name the one that this belongs to, use its API key, or set defaultTenant',
  )
}

async function namedTenant(
  headers: IncomingHttpHeaders,
  tenants: CredentialParts['tenants'],
): Promise<string | undefined> {
  const named = header(headers['callscope-tenant'])
  if (named === undefined) return undefined
  const known = await tenants.tenants()
  if (!known.some(({ id }) => id === named))
    throw new Problem(400, 'callscope-tenant: names no known tenant; add it to "tenants" in the configuration')
  return named
}

const header = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined
  const key = /^Bearer +([A-Za-z0-9._~+/=-]{1,500})$/i.exec(authorization)?.[1]
  if (key === undefined) throw new Denied(401, 'malformed', 'Authorization: must be "Bearer" and an API key')
  return key
}

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '#contracts/clock.ts'
import type { Role, TenantDirectory } from '#contracts/registry.ts'
import { Denied, keyThatHolds } from './denied.ts'
import { isLoopback } from './guards.ts'
import type { KeyLookups } from './key-lookups.ts'
import type { HttpParts } from './ports.ts'
import { Problem } from './problem.ts'

/** Who sent a request, and for whom. */
export interface Principal {
  readonly role: Role
  /** Undefined: an administrator that named no tenant. Reads all, and sends only where it is beyond doubt for whom. */
  readonly tenant: string | undefined
  /** The administrator token was shown: what `administer` asks for. */
  readonly holdsToken?: boolean
  /** Of an API key: its id, and whether it still opens anything, for what lasts longer than a request. */
  readonly key?: { readonly id: string; holds(): Promise<boolean> }
}

/** What a route asks for. `open`: health and the documents. */
export type Access = 'open' | 'ingest' | 'read' | 'administer'

export interface Presented {
  readonly authorization?: string | undefined
  readonly 'callscope-tenant'?: string | string[] | undefined
  readonly forwarded?: string | undefined
  readonly 'x-forwarded-for'?: string | string[] | undefined
}

interface CredentialParts {
  readonly tenants: Pick<TenantDirectory, 'tenants'>
  readonly keys: Pick<KeyLookups, 'find'>
  /** A key was believed: called for each request. */
  keyUsed(id: string): void
  readonly clock: Clock
  readonly administratorToken: string
  readonly defaultTenant: string
  readonly loopbackReads: 'defaultTenant' | 'all'
}

const allowed: Readonly<Record<Role, readonly Access[]>> = {
  ingest: ['open', 'ingest'],
  reader: ['open', 'read'],
  administrator: ['open', 'ingest', 'read'],
}

/** The hash under which a key is known: clear keys are never stored. */
export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex')

/**
 * Who a request is from: an API key's tenant; the administrator token, which may name a tenant; or, on loopback
 * without any credential, the default tenant, or every tenant where reading them all was allowed (never what only the token opens).
 */
export function createAuthenticator(parts: CredentialParts) {
  const { tenants, keys, clock, administratorToken } = parts
  const administrator = Buffer.from(hashKey(administratorToken))
  return async function authenticate(
    presented: Presented,
    peer: string | undefined,
    access: Access,
  ): Promise<Principal> {
    const key = bearerOf(presented.authorization)
    if (key === undefined) return anonymous(presented, peer, access, parts)
    const hash = hashKey(key)
    if (timingSafeEqual(Buffer.from(hash), administrator))
      return { role: 'administrator', tenant: await namedTenant(presented, tenants), holdsToken: true }
    const found = async () => keyThatHolds(await keys.find(hash, peer).catch(registryAway), clock())
    const { id: keyId, role, tenant } = await found()
    if (!allowed[role].includes(access))
      throw new Denied(403, 'not_allowed', `this needs ${wanted[access]}, and the key's role is "${role}"`, { keyId })
    const named = header(presented['callscope-tenant'])
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
  administer: 'the administrator token (administrator.token in the data folder)',
}

function anonymous(
  presented: Presented,
  peer: string | undefined,
  access: Access,
  { defaultTenant: tenant, loopbackReads }: CredentialParts,
): Principal {
  if (access === 'open') return { role: 'reader', tenant }
  // A proxy on this machine makes everybody look local.
  const direct = presented.forwarded === undefined && presented['x-forwarded-for'] === undefined && isLoopback(peer)
  if (access === 'administer' || !direct)
    throw new Problem(401, `send "Authorization: Bearer ..." with ${wanted[access]}`)
  if (header(presented['callscope-tenant']) !== undefined)
    throw new Problem(401, 'callscope-tenant: only the administrator token may name a tenant')
  if (access === 'read' && loopbackReads === 'all') return { role: 'administrator', tenant: undefined }
  return { role: 'administrator', tenant }
}

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

async function namedTenant(presented: Presented, tenants: CredentialParts['tenants']): Promise<string | undefined> {
  const named = header(presented['callscope-tenant'])
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

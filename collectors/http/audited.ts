import type { ActDetails, ActEnd, Actor, AuditTrail } from '#contracts/audit-trail.ts'
import { Answer, type Asked, type Endpoint } from './endpoint.ts'
import { classOfAddress } from './peer.ts'
import type { HttpLogger } from './ports.ts'
import { Problem } from './problem.ts'

/** Ids of callscope's own that answers and paths may carry; the rest of either may be a customer's data. */
const ownId = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/
const tenantId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

export interface AuditedParts {
  readonly trail: AuditTrail
  readonly logger: Pick<HttpLogger, 'error'>
}

/**
 * Does what an endpoint does, between two audit events. Every route that only the administrator's token opens goes through
 * here, because the router asks for its access and not for its name.
 */
export function audited({ trail, logger }: AuditedParts, endpoint: Endpoint) {
  const action = `${endpoint.method} ${endpoint.path}`
  return async function handle(asked: Asked, peer: string | undefined): Promise<unknown> {
    const actor: Actor = { id: asked.principal.key?.id ?? 'administrator-token', peer: classOfAddress(peer) }
    const begun = detailsOf(endpoint, asked)
    const end = await trail.begin({ ...begun, actor, action }).catch((error: unknown) => {
      logger.error({ err: error, route: endpoint.path }, 'an administrative act could not be audited and was refused')
      throw new Problem(
        503,
        'this act cannot be noted in the audit log now, and is not done: the log accepts no messages; GET /health/ready says why',
        { retryAfterSeconds: 5 },
      )
    })
    try {
      const answered = await endpoint.handle(asked)
      const status = answered instanceof Answer ? answered.status : 200
      end({ ...begun, ...resultOf(answered), ...saying(endpoint, asked), outcome: 'done', status })
      return answered
    } catch (error) {
      const status = statusOf(error)
      // Of a statement that was refused nothing is kept: it may be anything.
      const said = status >= 500 ? saying(endpoint, asked) : {}
      end({ ...begun, ...said, ...endOf(status) })
      throw error
    }
  }
}

/** As what an error counts: refused because of what was asked, or failed. */
export const endOf = (status: number): Pick<ActEnd, 'outcome' | 'status'> => ({
  outcome: status < 500 ? 'refused' : 'failed',
  status,
})

export function statusOf(error: unknown): number {
  if (error instanceof Problem) return error.status
  const { statusCode } = (error ?? {}) as { readonly statusCode?: unknown }
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 600 ? statusCode : 500
}

const saying = ({ auditDetail }: Endpoint, asked: Asked): ActDetails => {
  const detail = auditDetail?.(asked)
  return detail === undefined ? {} : { detail }
}

/** Whose data, and which object of callscope, as path, query and body name them. */
function detailsOf(endpoint: Endpoint, { params, query, body, principal }: Asked): ActDetails {
  const named = fieldOf(query, 'tenant') ?? (endpoint.upload === true ? undefined : fieldOf(jsonOf(body), 'tenant'))
  const tenant = named ?? principal.tenant
  const target = endpoint.auditTarget === undefined ? undefined : params[endpoint.auditTarget]
  return ownOnly({ tenant, target })
}

/** Of what was named, what has the form of an id of callscope's own: the rest may be anything. */
export const ownOnly = ({ tenant, target }: ActDetails): ActDetails => ({
  ...(tenant !== undefined && tenantId.test(tenant) ? { tenant } : {}),
  ...(target !== undefined && ownId.test(target) ? { target } : {}),
})

/** Which object of callscope came of it. */
export function resultOf(answered: unknown): ActDetails {
  const body = answered instanceof Answer ? answered.body : answered
  for (const name of ['id', 'run', 'sequence', 'version']) {
    const value = fieldOf(body, name)
    if (value !== undefined && ownId.test(value)) return { target: value }
  }
  return {}
}

function fieldOf(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  const field = (value as Record<string, unknown>)[name]
  return typeof field === 'string' || typeof field === 'number' ? String(field) : undefined
}

function jsonOf(body: Buffer): unknown {
  try {
    return body.length === 0 ? undefined : JSON.parse(body.toString('utf8'))
  } catch {
    return undefined // the endpoint says what is wrong with it
  }
}

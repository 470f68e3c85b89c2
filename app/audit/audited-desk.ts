import { userInfo } from 'node:os'
import { endOf, ownOnly, resultOf, statusOf } from '#collectors/http/audited.ts'
import type { Desk } from '#collectors/http/ports.ts'
import { shapeOfSql } from '#collectors/http/sql-shape.ts'
import type { ActDetails, Actor, AuditTrail } from '#contracts/audit-trail.ts'
import { CommandError } from '../exit-codes.ts'

/** A method of the desk: the route that does the same, and what of its arguments may be said. */
interface Act<Method> {
  readonly route: string
  readonly of?: (...asked: Method extends (...asked: infer Asked) => unknown ? Asked : never) => ActDetails
}

type Acts = { readonly [Part in keyof Desk]: { readonly [Name in keyof Desk[Part]]: Act<Desk[Part][Name]> | 'reads' } }

const ofTenant = ({ tenant }: { readonly tenant?: string | undefined }): ActDetails => ({ tenant })
const target = (id: string): ActDetails => ({ target: id })

/** Every method of the desk. One that is missing does not compile; a test holds the routes to those that there are. */
export const deskActs: Acts = {
  calls: { list: 'reads', whole: 'reads' },
  sql: { query: { route: 'POST /api/sql' } },
  runs: { list: { route: 'GET /api/runs' } },
  deadLetters: {
    list: { route: 'GET /api/dead-letters' },
    show: { route: 'GET /api/dead-letters/:id', of: target },
    replay: { route: 'POST /api/dead-letters/:id/replay', of: target },
  },
  jobs: {
    importFile: { route: 'POST /api/import', of: ofTenant },
    replay: { route: 'POST /api/replay' },
  },
  archive: {
    list: { route: 'GET /api/archive', of: ofTenant },
    plan: { route: 'GET /api/archive/plan', of: ofTenant },
    verify: { route: 'POST /api/archive/verify', of: ofTenant },
    replay: { route: 'POST /api/archive/replay', of: ofTenant },
  },
  keys: {
    create: { route: 'POST /api/keys', of: ofTenant },
    list: { route: 'GET /api/keys' },
    revoke: { route: 'POST /api/keys/:id/revoke', of: target },
  },
  profiles: {
    list: { route: 'GET /api/profiles', of: (tenant) => ({ tenant }) },
    show: { route: 'GET /api/profiles/:version', of: (tenant, version) => ({ tenant, target: version }) },
    set: { route: 'POST /api/profiles', of: ofTenant },
  },
  links: {
    show: { route: 'GET /api/links/:id', of: (tenant) => ({ tenant }) },
    decide: { route: 'POST /api/links', of: ofTenant },
  },
  erasures: {
    erase: { route: 'POST /api/erasures', of: ofTenant },
    list: { route: 'GET /api/erasures', of: (tenant) => ({ tenant }) },
  },
}

/** Who runs this command: the user of the machine, as the operating system has him. */
export function commandActor(): Actor {
  const id = `cli:${userName()
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .slice(0, 100)}`
  return { id, peer: 'local' }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}` // a container's user need not have a name
  }
}

type Method = (...asked: never[]) => Promise<unknown>

/** The desk of a command on a folder or on shared stores, whose acts leave the same trace as those over HTTP. */
export function auditedDesk(desk: Desk, trail: AuditTrail, actor: Actor): Desk {
  const parts = Object.entries(deskActs).map(([part, acts]) => {
    const methods = desk[part as keyof Desk] as unknown as Readonly<Record<string, Method>>
    const wrapped = Object.entries(acts as Readonly<Record<string, Act<Method> | 'reads'>>).map(([name, act]) => {
      const method = methods[name] as Method
      const plain = (...asked: never[]) => method.apply(methods, asked)
      return [name, act === 'reads' ? plain : auditedMethod(plain, act, { trail, actor })]
    })
    return [part, Object.fromEntries(wrapped)]
  })
  return Object.fromEntries(parts) as Desk
}

function auditedMethod(
  method: Method,
  { route, of }: Act<Method>,
  { trail, actor }: { trail: AuditTrail; actor: Actor },
) {
  return async (...asked: never[]): Promise<unknown> => {
    const begun = ownOnly(of?.(...asked) ?? {})
    const end = await trail.begin({ ...begun, actor, action: route }).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : 'unknown error'
      throw new CommandError('failed', `this act cannot be noted in the audit log, and is not done: ${why}`)
    })
    const said = route === 'POST /api/sql' ? { detail: shapeOfSql(String(asked[0])) } : {}
    try {
      const answered = await method(...asked)
      end({ ...begun, ...resultOf(answered), ...said, outcome: 'done', status: 200 })
      return answered
    } catch (error) {
      const ended = endOf(statusOf(error))
      end({ ...begun, ...(ended.outcome === 'failed' ? said : {}), ...ended })
      throw error
    }
  }
}

import type { Desk, Upload } from '#collectors/http/ports.ts'
import type { ArchiveFilter } from '#contracts/archive.ts'
import type { TenantScope } from '#contracts/warehouse.ts'
import { CommandError, type ExitName } from '../exit-codes.ts'
import { type Reply, request } from './request.ts'

interface RemoteParts {
  readonly url: string
  readonly token: string
}

interface Call {
  readonly method?: 'GET' | 'POST'
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly json?: unknown
  readonly upload?: Upload['content']
}

/** The desk of the process that owns the folder, over its HTTP API. */
export function createRemoteDesk({ url, token }: RemoteParts): Desk {
  const ask = createAsk(url, token)
  const asking: Asking = {
    ask,
    async must<Answer>(path: string, call?: Call): Promise<Answer> {
      const answer = await ask<Answer>(path, call)
      if (answer === undefined)
        throw new CommandError('notFound', `${path} does not exist on ${url}: is another version running there?`)
      return answer
    },
  }
  const { must } = asking
  return {
    calls: callsOver(asking),
    sql: { query: (query) => must('/api/sql', { method: 'POST', json: { query } }) },
    runs: { list: async (limit) => (await must<{ runs: [] }>('/api/runs', { query: { limit } })).runs },
    deadLetters: deadLettersOver(asking),
    jobs: jobsOver(asking),
    archive: archiveOver(asking),
    keys: keysOver(asking),
    links: {
      show: (tenant, id) => must(`/api/links/${encodeURIComponent(id)}`, { query: { tenant } }),
      decide: (decision) => must('/api/links', { method: 'POST', json: decision }),
    },
    erasures: {
      erase: (asked) => must('/api/erasures', { method: 'POST', json: asked }),
      list: async (tenant) => (await must<{ erasures: [] }>('/api/erasures', { query: { tenant } })).erasures,
    },
    profiles: profilesOver(asking),
  }
}

/** Two ways to ask: for what may not be there, and for what every server of this version has. */
interface Asking {
  readonly ask: Ask
  readonly must: <Answer>(path: string, call?: Call) => Promise<Answer>
}

const callsOver = ({ ask, must }: Asking): Desk['calls'] => ({
  list({ sinceMs, untilMs, class: classes, parties: _, tenant, ...rest }) {
    return must('/api/calls', {
      query: { ...rest, tenant: oneOf(tenant), class: classes?.join(','), since: sinceMs, until: untilMs },
    })
  },
  whole: (tenant, id) => ask('/api/call', { query: { id, tenant: oneOf(tenant) } }),
})

/** Commands name one tenant, or none. */
const oneOf = (tenants: TenantScope): string | undefined => (typeof tenants === 'object' ? tenants[0] : tenants)

const keysOver = ({ ask, must }: Asking): Desk['keys'] => ({
  create: ({ expiresMs, ...key }) =>
    ask('/api/keys', {
      ...{
        method: 'POST',
        json: expiresMs === undefined ? key : { ...key, expires: new Date(expiresMs).toISOString() },
      },
    }),
  list: async () => (await must<{ keys: [] }>('/api/keys')).keys,
  revoke: (id) => ask(`/api/keys/${encodeURIComponent(id)}/revoke`, { method: 'POST', json: {} }),
})

const deadLettersOver = ({ ask, must }: Asking): Desk['deadLetters'] => ({
  list: ({ limit, cursor }) => must('/api/dead-letters', { query: { limit, cursor } }),
  show: (id) => ask(`/api/dead-letters/${encodeURIComponent(id)}`),
  replay: async (id) =>
    (await ask(`/api/dead-letters/${encodeURIComponent(id)}/replay`, { method: 'POST', json: {} })) === undefined
      ? 'not_found'
      : 'replayed',
})

const jobsOver = ({ must }: Asking): Desk['jobs'] => ({
  importFile: ({ name, content, tenant }) =>
    must('/api/import', { method: 'POST', query: { name, tenant }, upload: content }),
  replay: ({ name, content, rate, repeat, tenants }) =>
    must('/api/replay', {
      method: 'POST',
      query: { name, rate, repeat, tenants: tenants?.join(',') || undefined },
      upload: content,
    }),
})

const archiveOver = ({ must }: Asking): NonNullable<Desk['archive']> => ({
  list: async (filter, limit) =>
    (await must<{ lines: [] }>('/api/archive', { query: { ...archiveQuery(filter), limit } })).lines,
  plan: (filter) => must('/api/archive/plan', { query: archiveQuery(filter) }),
  verify: (filter) => must('/api/archive/verify', { method: 'POST', json: filter }),
  replay: (asked) => must('/api/archive/replay', { method: 'POST', json: asked }),
})

const archiveQuery = ({ tenant, topic, sinceMs, untilMs }: ArchiveFilter) => ({ tenant, topic, sinceMs, untilMs })

const profilesOver = ({ ask, must }: Asking): Desk['profiles'] => ({
  list: (tenant) => must('/api/profiles', { query: { tenant } }),
  show: (tenant, version) => ask(`/api/profiles/${encodeURIComponent(version)}`, { query: { tenant } }),
  set({ tenant, profile, validFromMs }) {
    const validFrom = validFromMs === undefined ? undefined : new Date(validFromMs).toISOString()
    return must('/api/profiles', { method: 'POST', json: { tenant, profile, validFrom } })
  },
})

type Ask = <Answer>(path: string, call?: Call) => Promise<Answer | undefined>

/** One request. Undefined: 404. Every other refusal is a CommandError with the server's own words. */
function createAsk(url: string, token: string): Ask {
  return async function ask<Answer>(
    path: string,
    { method = 'GET', query = {}, json, upload }: Call = {},
  ): Promise<Answer | undefined> {
    const target = new URL(path, url)
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) target.searchParams.set(name, String(value))
    const headers = { authorization: `Bearer ${token}` }
    const reply = await send(
      target,
      json === undefined ? { method, headers, upload } : { method, headers, json: JSON.stringify(json) },
    )
    if (reply.status === 404) return undefined
    if (reply.status < 200 || reply.status > 299) throw refusal(reply)
    return JSON.parse(reply.body) as Answer
  }
}

async function send(target: URL, options: Parameters<typeof request>[1]): Promise<Reply> {
  try {
    return await request(target, options)
  } catch (error) {
    const { message } = error as Error
    throw new CommandError(
      'failed',
      `the process at ${target.origin} does not answer (${message}): is it stopping? Try again.`,
    )
  }
}

const exits: Readonly<Record<number, ExitName>> = { 400: 'refused', 403: 'refused', 409: 'refused', 413: 'refused' }

function refusal({ status, body }: Reply): CommandError {
  const problem = readProblem(body)
  const errors = (problem.errors ?? []).map(({ field, fix }) => `\n  ${field}: ${fix}`).join('')
  return new CommandError(exits[status] ?? 'failed', `${problem.detail ?? `the server answered ${status}`}${errors}`)
}

function readProblem(body: string): { detail?: string; errors?: { field: string; fix: string }[] } {
  try {
    return JSON.parse(body) as ReturnType<typeof readProblem>
  } catch {
    return {} // no problem details: something else listens there
  }
}

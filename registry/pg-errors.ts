import { unavailable } from '#contracts/errors.ts'

/** Of sockets: their messages name addresses. */
const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody answers there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'no way there',
  ENETUNREACH: 'no way there',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
  ENOENT: 'its socket is not there',
  EACCES: 'its socket may not be used',
}

/** SQL states, or classes of them, whose messages name users, hosts or databases. Source: PostgreSQL, appendix A. */
const states: readonly (readonly [RegExp, string])[] = [
  [/^28/, 'it refuses this user or password (postgres.url, postgres.password, pg_hba.conf)'],
  [/^3D000$/, 'its database does not exist (postgres.url)'],
  [/^57P0[1-5]$/, 'it is starting, stopping or has cut us off'],
  [/^53300$/, 'it has no connection to spare (postgres.connections, max_connections)'],
  [/^57014$/, 'a statement took too long'],
  [/^(25P0[34])$/, 'a transaction took too long'],
  [/^25006$/, 'it is read-only: a standby, or the wrong host (postgres.url)'],
  [/^08/, 'the connection was cut'],
]

/** What the driver says where there is no code. */
const sayings: readonly (readonly [RegExp, string])[] = [
  [/timeout exceeded when trying to connect|connection timeout/i, 'no free connection, or no answer, in time'],
  [/query read timeout/i, 'no answer in time'],
  [/connection terminated|not queryable|connection error/i, 'the connection was cut'],
  [/server does not support ssl/i, 'it speaks no TLS (postgres.tls)'],
  [/certificate|self.signed/i, 'its certificate is not trusted (postgres.tls, postgres.caFile)'],
  [/password must be a string/i, 'it asks for a password (postgres.password)'],
]

/**
 * An error of Postgres fit to be logged and thrown on: without the row that failed, which the driver carries along, and
 * without addresses. All may pass with time but those of a statement itself, which keep the server's message.
 */
export function registryError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('The registry failed.')
  const { code } = error as { code?: unknown }
  const why = reasonOf(typeof code === 'string' ? code : '', error)
  if (why !== undefined) return coded(unavailable(new Error(`The registry cannot be used now: ${why}.`)), code)
  return isPostgres(error) ? coded(new Error(error.message), code) : error
}

function reasonOf(code: string, error: Error): string | undefined {
  // Where a name has several addresses, the errors of all come in one.
  if (error instanceof AggregateError && error.errors[0] instanceof Error) {
    const first = error.errors[0] as Error & { code?: string }
    return reasonOf(first.code ?? '', first) ?? 'nobody answers there'
  }
  if (unreachable[code] !== undefined) return `${code}, ${unreachable[code]}`
  const state = states.find(([pattern]) => /^[0-9A-Z]{5}$/.test(code) && pattern.test(code))
  if (state !== undefined) return state[1]
  return isPostgres(error) ? undefined : sayings.find(([pattern]) => pattern.test(error.message + code))?.[1]
}

/** What the server itself said has a severity. */
const isPostgres = (error: Error): boolean => 'severity' in error

const coded = (error: Error, code: unknown): Error =>
  typeof code === 'string' ? Object.assign(error, { code }) : error

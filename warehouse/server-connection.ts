import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { type ClickHouseClient, ClickHouseLogLevel, type ClickHouseSettings, createClient } from '@clickhouse/client'
import { clusterSettings } from './cluster-settings.ts'
import type { StatementTracer } from './statement-tracer.ts'

/** A ClickHouse server, or a cluster behind one address. */
export interface ServerLocation {
  /** Of its HTTP interface, without user and password. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  readonly database?: string
  /** Name of the cluster: what is written is acknowledged by a quorum of replicas, and read as a quorum has it. */
  readonly cluster?: string
  /** none: plain, where network costs less than processor time. */
  readonly compression?: 'zstd' | 'none'
}

export interface ServerOptions {
  readonly location: ServerLocation
  readonly settings: ClickHouseSettings
  readonly requestTimeoutMs?: number
  /** Told of every statement, for the operator's traces. */
  readonly traced?: StatementTracer
}

const defaultRequestTimeoutMs = 120_000
/** The server's own word on a query that took too long (error 159) should come before we hang up. */
const graceMs = 5_000
/**
 * A connection idle for longer is closed by us and not by the other side, which would cost the next request. Shorter than
 * any keep-alive in between: HAProxy 10 s, ClickHouse 10 s, AWS 60 s, nginx 75 s.
 */
const idleSocketMs = 2_500

/** One connection: one socket, and one session, in which temporary tables live and a server does one thing at a time. */
export function connectServer({
  location,
  settings,
  requestTimeoutMs = defaultRequestTimeoutMs,
  traced,
}: ServerOptions): ClickHouseClient {
  const { url, username, password, database, cluster, compression = 'zstd' } = location
  const client = createClient({
    ...{ url, max_open_connections: 1, request_timeout: requestTimeoutMs + Math.min(requestTimeoutMs, graceMs) },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    application: 'callscope',
    ...(traced === undefined ? {} : { tracer: traced.tracer }),
    keep_alive: { enabled: true, idle_socket_ttl: idleSocketMs, eagerly_destroy_stale_sockets: true },
    ...(compression === 'none'
      ? {}
      : { compression: { request: { codec: 'zstd', level: 1 }, response: { codec: 'zstd' } } }),
    // The client would print every error with the query's values in it. Ours are thrown, and told by whoever catches them.
    log: { level: ClickHouseLogLevel.OFF },
    clickhouse_settings: {
      max_execution_time: requestTimeoutMs / 1_000,
      // Otherwise an error in the middle of a result comes after the status 200, as text between its rows.
      wait_end_of_query: 1,
      // A read that we have hung up on need not be finished.
      cancel_http_readonly_queries_on_client_close: 1,
      ...(cluster === undefined ? {} : clusterSettings(requestTimeoutMs)),
      ...settings,
    },
  })
  // Statements are told of as they are sent, not as they queue for their turn.
  return withSession(traced?.watch(client) ?? client, randomUUID)
}

interface Answer {
  readonly response_headers?: Readonly<Record<string, unknown>>
  /** False: there was nothing to insert, and nobody was asked. */
  readonly executed?: boolean
  /** Of a result, and of what `exec` gives. */
  readonly close?: () => void
  readonly stream?: unknown
}

/** Every answer of a ClickHouse says which query it is to. What does not comes from somebody else, and says nothing of our rows. */
const ofClickHouse = 'x-clickhouse-query-id'

/**
 * Gives each request the session, one request at a time: a server refuses a second one (SESSION_IS_LOCKED). After a request
 * that got no answer, what became of it is not known, and it may still hold its session: the next one begins another.
 * Temporary tables are then gone, and whoever needs them fails and makes them anew.
 */
export function withSession(client: ClickHouseClient, newSession: () => string): ClickHouseClient {
  let session = newSession()
  let last: Promise<unknown> = Promise.resolve()

  async function attempt<Result extends Answer>(operation: (session_id: string) => Promise<Result>): Promise<Result> {
    try {
      const result = await operation(session)
      if (result.executed !== false && result.response_headers?.[ofClickHouse] === undefined) {
        // Unread it would keep the only socket.
        result.close?.()
        if (result.stream instanceof Readable) result.stream.destroy()
        throw new Error('an answer came that is not from a ClickHouse server')
      }
      return result
    } catch (error) {
      const { code } = error as { code?: unknown }
      const wasAnswered = typeof code === 'string' && /^\d+$/.test(code) && code !== sessionIsLocked
      if (!wasAnswered) session = newSession()
      throw error
    }
  }

  function inTurn<Result extends Answer>(operation: (session_id: string) => Promise<Result>): Promise<Result> {
    const mine = last.then(() => attempt(operation))
    last = mine.catch(() => undefined)
    return mine
  }

  const own = {
    query: (params: Parameters<ClickHouseClient['query']>[0]) =>
      inTurn((session_id) => client.query({ ...params, session_id })),
    command: (params: Parameters<ClickHouseClient['command']>[0]) =>
      inTurn((session_id) => client.command({ ...params, session_id })),
    exec: (params: Parameters<ClickHouseClient['exec']>[0]) =>
      inTurn((session_id) => client.exec({ ...params, session_id })),
    insert: (params: Parameters<ClickHouseClient['insert']>[0]) =>
      inTurn((session_id) => client.insert({ ...params, session_id })),
  }
  return new Proxy(client, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return own[name as keyof typeof own]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

const sessionIsLocked = '373'

import { Readable } from 'node:stream'
import { buffer as bufferOf, text as textOf } from 'node:stream/consumers'
import { createChdbConnection } from 'chdb/connection'
import { withBlocks } from '#warehouse/chdb-blocks.ts'
import { type Connection, inTurns } from '#warehouse/chdb-turns.ts'
import { text } from '#warehouse/literal.ts'
import { FrontError } from './answers.ts'

/** One statement with all that came along with it. */
export interface Statement {
  readonly query: string
  /** Rows of an INSERT, where they did not come in the query itself. */
  readonly rows: Buffer | undefined
  readonly params: ReadonlyMap<string, string>
  readonly settings: ReadonlyMap<string, string>
  readonly database: string
  readonly format: string | undefined
}

export interface Session {
  readonly id: string
  readonly timeoutSeconds: number
  /** The session must be there already. */
  readonly check: boolean
}

export interface Result {
  readonly body: Buffer
  readonly writtenRows: number
}

/** One connection to chdb, and what has been set on it: settings, parameters and database stay there between statements. */
interface Place {
  readonly connection: Connection
  settings: Map<string, string>
  params: Set<string>
  database: string
}

const sessionsMax = 300
const pooledMax = 24

/** Statements on a chdb folder: those of one session on a connection of its own, others wherever there is room. */
export function openEngine(folder: string) {
  const aPlace = (): Place => ({
    connection: inTurns(withBlocks(createChdbConnection({ path: folder }) as unknown as Connection, folder)),
    ...{ settings: new Map(), params: new Set(), database: 'default' },
  })
  // One stays open throughout, so that the engine is not started anew with each connection.
  const anchor = aPlace()
  const sessions = new Map<string, { place: Place; busy: boolean; timer: NodeJS.Timeout | undefined }>()
  const idle: Place[] = []
  const waiting: ((place: Place) => void)[] = []
  let pooled = 0

  async function inSession(session: Session, statement: Statement): Promise<Result> {
    let known = sessions.get(session.id)
    if (known === undefined) {
      if (session.check) throw new FrontError(372, 'SESSION_NOT_FOUND', 'Session not found.')
      if (sessions.size >= sessionsMax) {
        throw new FrontError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', 'Too many sessions.')
      }
      known = { place: aPlace(), busy: false, timer: undefined }
      sessions.set(session.id, known)
    }
    if (known.busy) throw new FrontError(373, 'SESSION_IS_LOCKED', 'Session is locked by a concurrent client.')
    const mine = known
    mine.busy = true
    clearTimeout(mine.timer)
    try {
      return await carryOut(mine.place, statement)
    } finally {
      mine.busy = false
      mine.timer = setTimeout(() => {
        sessions.delete(session.id)
        void mine.place.connection.close()
      }, session.timeoutSeconds * 1_000)
      mine.timer.unref()
    }
  }

  function somePlace(): Promise<Place> {
    const free = idle.pop()
    if (free !== undefined) return Promise.resolve(free)
    if (pooled < pooledMax) {
      pooled += 1
      return Promise.resolve(aPlace())
    }
    return new Promise((resolve) => waiting.push(resolve))
  }

  async function anywhere(statement: Statement): Promise<Result> {
    const place = await somePlace()
    try {
      return await carryOut(place, statement)
    } finally {
      const next = waiting.shift()
      if (next === undefined) idle.push(place)
      else next(place)
    }
  }

  return {
    run: (statement: Statement, session: Session | undefined): Promise<Result> =>
      session === undefined ? anywhere(statement) : inSession(session, statement),
    async close(): Promise<void> {
      const places = [...idle, ...[...sessions.values()].map(({ place }) => place), anchor]
      for (const { timer } of sessions.values()) clearTimeout(timer)
      await Promise.all(places.map(({ connection }) => connection.close()))
    },
  }
}
export type Engine = ReturnType<typeof openEngine>

async function carryOut(place: Place, statement: Statement): Promise<Result> {
  await prepare(place, statement)
  const { query, rows, format } = statement
  // What a session sets for itself comes before what the next request brings along.
  if (/^\s*SET\b/i.test(query)) place.settings = new Map()
  const given = format === undefined ? {} : { clickhouse_settings: { default_format: format } }
  const isInsert = /^\s*INSERT\b/i.test(query)
  if (rows === undefined || !isInsert) {
    const whole = rows === undefined ? query : `${query}\n${rows.toString()}`
    const { stream } = await place.connection.query({ query: whole, ...given } as Parameters<Connection['query']>[0])
    return { body: await bufferOf(stream), writtenRows: 0 }
  }
  if (rows.length === 0) return { body: Buffer.alloc(0), writtenRows: 0 }
  const values = Readable.from([rows], { objectMode: false })
  const { stream } = await place.connection.exec({ query, values } as unknown as Parameters<Connection['exec']>[0])
  await textOf(stream)
  return { body: Buffer.alloc(0), writtenRows: linesIn(query, rows) }
}

/** chdb does not tell how many rows it has written; where each line is one, they can be counted. */
const linesIn = (query: string, rows: Buffer): number =>
  /FORMAT\s+(JSONEachRow|JSONCompactEachRow|TabSeparated|TSV)\s*$/i.test(query)
    ? rows.toString('latin1').split('\n').filter(Boolean).length
    : 0

/** Makes the connection what the request asks for, and takes back what the last one asked for. */
async function prepare(place: Place, { settings, params, database, query }: Statement): Promise<void> {
  const set = [...settings].filter(([name, value]) => place.settings.get(name) !== value)
  const gone = [...place.settings.keys()].filter((name) => !settings.has(name))
  const words = [
    ...gone.map((name) => `${name} = DEFAULT`),
    ...set.map(([name, value]) => `${name} = ${/^-?\d+(\.\d+)?$/.test(value) ? value : text(value)}`),
    // As the HTTP interface takes them: escaped as in TabSeparated, which the engine undoes.
    ...[...params].map(([name, value]) => `param_${name} = ${text(value)}`),
  ]
  for (const name of place.params) {
    if (!params.has(name) && query.includes(`{${name}:`)) {
      throw new FrontError(456, 'UNKNOWN_QUERY_PARAMETER', `Substitution \`${name}\` is not set.`)
    }
  }
  const command = (query: string) => place.connection.command({ query } as Parameters<Connection['command']>[0])
  if (database !== place.database) {
    await command(`USE \`${database.replaceAll('`', '\\`')}\``)
    place.database = database
  }
  if (words.length === 0) return
  // Half set is not known: all is set again next time.
  place.settings = new Map()
  await command(`SET ${words.join(', ')}`)
  place.settings = new Map(settings)
  for (const name of params.keys()) place.params.add(name)
}

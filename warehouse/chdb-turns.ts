import type { ChdbConnection } from 'chdb/connection'

/** What `@clickhouse/client` asks of a connection. */
export type Connection = Pick<ChdbConnection, 'query' | 'exec' | 'command' | 'insert' | 'ping' | 'close'>

/**
 * chdb 3.4 hands what a failed query had already written to the next query of the same connection, before that one's
 * own result: rows of somebody else, without any error (reproduced; a test holds it). So operations take turns, which
 * on one connection they do anyway, and after a failure a query that nobody reads takes the remains away.
 */
export function inTurns(connection: Connection): Connection {
  let last: Promise<unknown> = Promise.resolve()

  async function flush(): Promise<void> {
    try {
      await connection.command({ query: 'SELECT 1 FORMAT Null' } as Parameters<Connection['command']>[0])
    } catch {
      // It was only there to carry the remains away.
    }
  }

  async function attempt<Result>(operation: () => Promise<Result>): Promise<Result> {
    try {
      return await operation()
    } catch (error) {
      await flush()
      throw error
    }
  }

  function inTurn<Result>(operation: () => Promise<Result>): Promise<Result> {
    const mine = last.then(() => attempt(operation))
    last = mine.catch(() => undefined)
    return mine
  }

  return {
    query: (params) => inTurn(() => connection.query(params)),
    exec: (params) => inTurn(() => connection.exec(params)),
    command: (params) => inTurn(() => connection.command(params)),
    insert: (params) => inTurn(() => connection.insert(params)),
    ping: (params) => inTurn(() => connection.ping(params)),
    close: () => inTurn(() => connection.close()),
  }
}

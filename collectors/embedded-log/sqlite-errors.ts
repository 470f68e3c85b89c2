/** SQLite's primary result codes (https://www.sqlite.org/rescode.html) that an operator can do something about. */
const sqlite = { busy: 5, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 } as const

/** The error an operator should read: what failed, where, and what to do. The original is kept as `cause`. */
export function explainSqliteError(error: unknown, path: string): Error {
  const original = error instanceof Error ? error : new Error(String(error))
  const advice = adviceFor(primaryCode(error), path)
  return advice === undefined ? original : new Error(`${advice} (SQLite: ${original.message})`, { cause: original })
}

function adviceFor(code: number | undefined, path: string): string | undefined {
  switch (code) {
    case sqlite.full:
      return `The disk is full: the event log ${path} cannot grow. Nothing of this write was kept; free space and it goes on.`
    case sqlite.busy:
      return `The event log ${path} is in use by another process. One process owns it at a time; stop the other one.`
    case sqlite.readOnly:
    case sqlite.cannotOpen:
      return `The event log ${path} cannot be opened for writing. Check that the folder exists and its permissions.`
    case sqlite.ioError:
      return `The disk that holds the event log ${path} failed a read or write.`
    case sqlite.corrupt:
    case sqlite.notADatabase:
      return `The event log ${path} is damaged or not an event log at all. Move it away or restore it from a copy.`
    default:
      return undefined
  }
}

function primaryCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

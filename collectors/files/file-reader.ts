import type { NewRecord } from '#contracts/event-log.ts'
import type { DumpRefusal } from './dump-entry.ts'
import type { Limits } from './import-step.ts'
import type { ImportWindow } from './import-window.ts'
import type { RecordMaker } from './records.ts'
import type { Tally } from './tally.ts'

/** What a reader found at a line of the file; 0 is the file as a whole. */
export type Found = { readonly line: number } & ({ readonly type: 'record'; readonly record: NewRecord } | DumpRefusal)

export interface ReaderParts {
  readonly limits: Limits
  readonly window: ImportWindow
  readonly records: RecordMaker
  readonly tally: Tally
  readonly tenant: string
}

/** Reads one file of one format. Refused parts are found, not thrown; only the file system and TooManyBytes throw. */
export type FileReader = (path: string, parts: ReaderParts) => AsyncGenerator<Found>

export const foundAt = (line: number, result: NewRecord | DumpRefusal): Found =>
  'topic' in result ? { line, type: 'record', record: result } : { line, ...result }

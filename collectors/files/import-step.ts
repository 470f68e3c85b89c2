import type { NewRecord } from '#contracts/event-log.ts'
import type { ParkReason } from '#contracts/outcome.ts'

/** Something that was not imported. `line` counts from 1; 0 is the file as a whole. `detail` quotes no value. */
export interface RefusedPart {
  readonly line: number
  readonly reason: ParkReason
  readonly detail: string
}

export interface ImportTally {
  /** Correlation ids that samples or call events were imported for. */
  readonly calls: number
  /** The first of these ids, for whoever wants to look at them. */
  readonly callIds: readonly string[]
  readonly streams: number
  readonly samples: number
  readonly logs: number
  readonly spans: number
  readonly events: number
  readonly refused: number
  /** What a person should know: why there is no call, what was left out on purpose. */
  readonly notes: readonly string[]
}

/** What an import brings, in file order; `done` comes last and once. */
export type ImportStep =
  | { readonly type: 'records'; readonly records: readonly NewRecord[] }
  | ({ readonly type: 'refused' } & RefusedPart)
  | { readonly type: 'done'; readonly format: FileFormat | 'unknown'; readonly tally: ImportTally }

/** Formats that are told apart. `replay` and `server-stats` are recognised only to say what to do with them. */
export type FileFormat =
  | 'jitsi-rtcstats'
  | 'rtcstats'
  | 'webrtc-internals'
  | 'otlp-logs'
  | 'otlp-traces'
  | 'cloudevents'
  | 'replay'
  | 'server-stats'

export interface ImportOptions {
  readonly tenant: string
  /** Id of this run: it puts the records under the import window (contracts/pipeline.ts, recordHeaders.run). */
  readonly run: string
  /** The present, epoch milliseconds: nothing later than `maxAheadMs` after it is believed. */
  readonly nowMs: number
  /** Nothing before this is believed, epoch milliseconds. */
  readonly floorMs?: number
  readonly maxAheadMs?: number
  /** A longer line is refused. */
  readonly maxLineBytes?: number
  /** A JSON document that is one value (webrtc-internals, OTLP) is read whole: a longer one is refused. */
  readonly maxDocumentBytes?: number
  /** Bytes after decompression, over the whole file: a guard against gzip bombs. */
  readonly maxBytes?: number
}

export type Limits = Readonly<Required<Omit<ImportOptions, 'tenant' | 'run'>>>

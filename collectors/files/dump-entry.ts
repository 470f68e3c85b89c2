import type { ParkReason } from '#contracts/outcome.ts'
import type { WholeReport } from './delta-report.ts'

/** What one line of a browser's dump says, whatever format it came in. `atMs` is epoch milliseconds. */
export type DumpEntry =
  | { readonly type: 'created'; readonly pc: string; readonly atMs: number }
  /** Peer to peer, or through a media server. */
  | { readonly type: 'topology'; readonly pc: string; readonly atMs: number; readonly p2p: boolean }
  | {
      readonly type: 'state'
      readonly pc: string
      readonly atMs: number
      readonly layer: 'ice' | 'connection'
      readonly state: string
    }
  | { readonly type: 'closed'; readonly pc: string; readonly atMs: number }
  | ({ readonly type: 'stats'; readonly pc: string; readonly atMs: number } & WholeReport)
  | { readonly type: 'conference_started'; readonly atMs: number }
  /** A browser call that failed: which, and the error's name. */
  | {
      readonly type: 'failed'
      readonly pc: string | undefined
      readonly atMs: number
      readonly call: string
      readonly error: string
    }
  /** Something that matters only by its time. */
  | { readonly type: 'moment'; readonly atMs: number }

export interface DumpRefusal {
  readonly type: 'refused'
  readonly reason: ParkReason
  readonly detail: string
}

export const refused = (reason: ParkReason, detail: string): DumpRefusal => ({ type: 'refused', reason, detail })

/** Reads lines one after the other; keeps what the delta compression needs. */
export type ReadDumpLine = (text: string) => readonly (DumpEntry | DumpRefusal)[]

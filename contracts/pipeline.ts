import type { Change } from './changes.ts'
import type { LogRecord } from './event-log.ts'
import type { ParkReason } from './outcome.ts'
import type { QualitySample } from './signals/quality-sample.ts'
import type { Cell, RawTable } from './warehouse.ts'

/** What a pipeline has made of a batch so far. A decode step adds to it; it never looks anything up. */
export interface Effects {
  /** A row for the warehouse; cells in the order of raw-tables.ts. */
  row(table: RawTable, cells: readonly Cell[]): void
  /** What of which call is dirty once the rows are stored. */
  change(change: Change): void
  /** Event time of a message, for the watermark of (tenant, source partition). */
  seen(tenant: string, eventTimeMs: number): void
  /** A sample for the live metrics. */
  live(tenant: string, sample: QualitySample): void
  /** This message, or this part of it, goes to the dead letters. `detail` names field and fix, and quotes no value. */
  park(reason: ParkReason, detail: string): void
}

/** Turns one log record into effects. Pure but for `into`: the same record gives the same effects, whenever it is read. */
export type Decode = (record: LogRecord, into: Effects) => void

/** How long rows are kept and which event times are taken, in milliseconds. */
export interface TimeWindows {
  readonly retentionMs: number
  /** Live edges accept event times within [log time - maxAgeMs, log time + maxAheadMs]. */
  readonly maxAgeMs: number
  readonly maxAheadMs: number
  /** Imports and replays: no event before this, epoch milliseconds. */
  readonly importFloorMs: number
  /** Tenants whose rows are kept for another time than those of all others. */
  readonly byTenant?: ReadonlyMap<string, TimeWindows>
}

/** The windows of one tenant. */
export const windowsFor = <Windows extends Pick<TimeWindows, 'maxAgeMs' | 'maxAheadMs' | 'byTenant'>>(
  windows: Windows,
  tenant: string,
): Windows | TimeWindows => windows.byTenant?.get(tenant) ?? windows

/**
 * The least that raw may be kept. Rows carry the retention of the day they were written, so what may have expired is told
 * by the stored row alone, never by the retention of today; only what is younger than this could have no other.
 */
export const leastRetentionDays = 3

export const defaultWindows: TimeWindows = {
  retentionMs: 30 * 86_400_000,
  maxAgeMs: 7 * 86_400_000,
  maxAheadMs: 600_000,
  // ClickHouse reads epoch milliseconds of fewer than 13 digits as seconds: nothing before 2001-09-09 is taken.
  importFloorMs: Date.UTC(2001, 8, 10),
}

/** Log record headers that our own edges set. */
export const recordHeaders = {
  /** Tenant named by the credential. Absent on messages that producers wrote to the log themselves. */
  tenant: 'callscope-tenant',
  /** Run id of an import or of a replay of lines: event times are judged by the import window. */
  run: 'callscope-run',
  /** Run id of a replay from the archive. It and `logTime` count only together. */
  replay: 'callscope-replay',
  /** When the log first took a replayed message, epoch milliseconds: it is judged as it was then. */
  logTime: 'callscope-log-time',
  /** A replay for one tenant: what else a message of several tenants holds is left out. */
  onlyTenant: 'callscope-only-tenant',
  /** `application/json` (default) or `application/x-protobuf` for OTLP. */
  contentType: 'content-type',
} as const

/** True for a message that a replay from the archive has put into the log again. */
export const isReplayed = ({ headers }: Pick<LogRecord, 'headers'>): boolean =>
  headers[recordHeaders.replay] !== undefined && headers[recordHeaders.logTime] !== undefined

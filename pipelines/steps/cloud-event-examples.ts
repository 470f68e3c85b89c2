import type { Change } from '#contracts/changes.ts'
import type { LogRecord } from '#contracts/event-log.ts'
import { defaultWindows, type Effects } from '#contracts/pipeline.ts'
import { rawColumns } from '#contracts/raw-tables.ts'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import type { Cell, RawTable } from '#contracts/warehouse.ts'

// Examples for the tests of this folder.

export const logTime = Date.parse('2026-03-01T10:00:10.000Z')
export const eventTime = '2026-03-01T10:00:05.000Z'

/** Two tenants, no topic with a tenant of its own, the default windows. */
export const exampleRules = { tenants: () => new Set(['acme', 'globex']), windows: defaultWindows }

export function aRecord(value: unknown, over: Partial<Omit<LogRecord, 'value'>> = {}): LogRecord {
  const bytes =
    value instanceof Uint8Array
      ? value
      : new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
  return {
    topic: 'call-events',
    partition: 0,
    offset: 7,
    logTimeMs: logTime,
    key: null,
    headers: {},
    ...over,
    value: bytes,
  }
}

/** A CloudEvent of tenant acme and call c-1. */
export const anEvent = (type: string, data: object, over: object = {}): Record<string, unknown> => ({
  specversion: '1.0',
  id: 'e-1',
  source: '/call-control',
  type,
  time: eventTime,
  tenantid: 'acme',
  correlationid: 'c-1',
  data,
  ...over,
})

/** What a decode step made of its records, rows as objects keyed by column. */
export class Collected implements Effects {
  readonly rows: { readonly table: RawTable; readonly cells: Readonly<Record<string, Cell>> }[] = []
  readonly changes: Change[] = []
  readonly times: { readonly tenant: string; readonly ms: number }[] = []
  readonly samples: QualitySample[] = []
  readonly parked: { readonly reason: string; readonly detail: string }[] = []

  row(table: RawTable, cells: readonly Cell[]): void {
    const columns = rawColumns[table]
    if (columns.length !== cells.length) throw new Error(`${table} takes ${columns.length} cells, got ${cells.length}`)
    this.rows.push({ table, cells: Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? null])) })
  }

  change(change: Change): void {
    this.changes.push(change)
  }

  seen(tenant: string, ms: number): void {
    this.times.push({ tenant, ms })
  }

  live(_tenant: string, sample: QualitySample): void {
    this.samples.push(sample)
  }

  park(reason: string, detail: string): void {
    this.parked.push({ reason, detail })
  }

  of(table: RawTable): readonly Readonly<Record<string, Cell>>[] {
    return this.rows.filter((row) => row.table === table).map(({ cells }) => cells)
  }
}

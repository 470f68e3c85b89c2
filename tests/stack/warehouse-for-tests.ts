import { rawColumns, sampleTypes } from '#contracts/raw-tables.ts'
import type { Cell, RawRow, RawTable } from '#contracts/warehouse.ts'

const daySeconds = 86_400
const nowSeconds = Math.floor(Date.now() / 1_000)
const hour = nowSeconds - (nowSeconds % 3_600)

/** A row that has what its table asks for: text is hostile, numbers are small, all rows are alike but for `n`. */
export function aRow(table: RawTable, tenant: string, n: number): RawRow {
  const own: Readonly<Record<string, Cell>> = {
    ...{ tenant, Tenant: tenant, minute: hour, interval_end: hour * 1_000 + n, time: hour * 1_000, sequence: n },
    key_scope: 1,
    ...{ expires_at: nowSeconds + 30 * daySeconds, ExpiresAt: nowSeconds + 30 * daySeconds },
    ...{ Timestamp: `${hour}.000000001`, kind: table === 'call_evidence' ? 'log' : 'audio', direction: 'send' },
    ...{
      scope: 'interval',
      interval_ms: 5_000,
      checksum: 1,
      Checksum: 1,
      muted: 0,
      severity: 17,
      duration_ms: 1,
      delay_ms: 5,
      size_bytes: 9,
    },
    ...{ SeverityNumber: 9, Duration: 1, billed_seconds: 60, amount: '0.0125', id: `id-${n}`, node: `id:${n}` },
    ...{ Hash: n.toString(16).padStart(32, '0'), SpanId: `s-${n}`, TraceId: `t-${n}`, stream_id: '' },
    ...{ ResourceAttributes: { 'k\t': "v'\n" }, LogAttributes: {}, SpanAttributes: {} },
    ...{ 'Events.Timestamp': [], 'Events.Name': [], 'Events.Attributes': [], 'Links.TraceId': [], 'Links.SpanId': [] },
  }
  const cells = rawColumns[table].map((column) => own[column] ?? blank(table, column))
  return { table, cells }
}

const blank = (table: RawTable, column: string): Cell => {
  if (table !== 'quality_samples') return `it's\t\\ "ä" 💩\n`
  const type = sampleTypes[column as keyof typeof sampleTypes]
  return type === 'String' ? "it's" : null
}

/** Column that tells rows of a table apart in these tests. */
export const tellApart: Readonly<Record<RawTable, string>> = {
  ...{ quality_samples: 'sequence', call_events: 'id', cdr_records: 'id', cdr_billing: 'id', call_links: 'node' },
  ...{ call_evidence: 'id', audit_log: 'id', activity_events: 'id', otel_logs: 'Hash', otel_traces: 'SpanId' },
}
export const rawTables = Object.keys(tellApart) as readonly RawTable[]
export const tenantColumn = (table: RawTable): string => (table.startsWith('otel_') ? 'Tenant' : 'tenant')

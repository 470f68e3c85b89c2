import type { Change } from '#contracts/changes.ts'
import type { LogRecord } from '#contracts/event-log.ts'
import type { ParkReason } from '#contracts/outcome.ts'
import type { Effects } from '#contracts/pipeline.ts'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import type { Cell, RawRow, RawTable } from '#contracts/warehouse.ts'

/** A message, or a part of one, on its way to the dead letters. */
export interface Parked {
  readonly record: LogRecord
  readonly reason: ParkReason
  readonly detail: string
}

/** A row that remembers its message, so that a refusal can be laid at its door. */
export interface TracedRow extends RawRow {
  readonly record: LogRecord
}

/** What the decode step has made of a batch. */
export interface Batch {
  rows: TracedRow[]
  readonly changes: Map<string, Change>
  readonly parked: Parked[]
  readonly live: { readonly tenant: string; readonly sample: QualitySample; readonly record: LogRecord }[]
  /** Greatest event time by tenant and `topic/partition`, capped at the message's log time. */
  readonly seen: Map<string, Map<string, number>>
}

export interface BatchBuilder extends Effects {
  readonly batch: Batch
  /** The record that the next effects belong to. */
  from(record: LogRecord): void
}

export function createBatch(): BatchBuilder {
  const batch: Batch = { rows: [], changes: new Map(), parked: [], live: [], seen: new Map() }
  let record: LogRecord
  return {
    batch,
    from(of) {
      record = of
    },
    row(table: RawTable, cells: readonly Cell[]) {
      batch.rows.push({ table, cells, record })
    },
    change(change: Change) {
      const key = `${change.tenant}\u0000${change.id}`
      const known = batch.changes.get(key)
      batch.changes.set(key, known === undefined ? change : mergeChanges(known, change))
    },
    seen(tenant: string, eventTimeMs: number) {
      const source = `${record.topic}/${record.partition}`
      const ofTenant = batch.seen.get(tenant) ?? new Map<string, number>()
      batch.seen.set(tenant, ofTenant)
      const at = Math.min(eventTimeMs, record.logTimeMs)
      if (at > (ofTenant.get(source) ?? 0)) ofTenant.set(source, at)
    },
    live(tenant: string, sample: QualitySample) {
      batch.live.push({ tenant, sample, record })
    },
    park(reason: ParkReason, detail: string) {
      batch.parked.push({ record, reason, detail })
    },
  }
}

/** One change that says what both say. */
export function mergeChanges(a: Change, b: Change): Change {
  return {
    tenant: a.tenant,
    id: a.id,
    minutes: mergeMinutes(a.minutes, b.minutes),
    rescore: a.rescore || b.rescore,
    cumulative: a.cumulative || b.cumulative,
    urgency: a.urgency === 'now' || b.urgency === 'now' ? 'now' : 'running',
    worst: Math.max(a.worst, b.worst) as Change['worst'],
    ...(a.late === true && b.late === true ? { late: true } : {}),
  }
}

function mergeMinutes(a: Change['minutes'], b: Change['minutes']): Change['minutes'] {
  if (b.every((minute) => a.includes(minute))) return a
  return [...new Set([...a, ...b])]
}

import type { Change } from '#contracts/changes.ts'
import type { LogRecord } from '#contracts/event-log.ts'
import type { ParkReason } from '#contracts/outcome.ts'
import type { Effects } from '#contracts/pipeline.ts'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import type { Cell, PackedRows, RawTable, TracedRow } from '#contracts/warehouse.ts'
import { type ByTenant, createByTenant } from './by-tenant.ts'

/** A message, or a part of one, on its way to the dead letters. */
export interface Parked {
  readonly record: LogRecord
  readonly reason: ParkReason
  readonly detail: string
}

export interface LiveSample {
  readonly tenant: string
  readonly sample: QualitySample
}

/** Shows a sample on the live metrics. False: its call has first to be looked up. */
export type ShowLive = (live: LiveSample, record: LogRecord) => boolean

/** What the decode step has made of a batch. */
export interface Batch {
  rows: TracedRow[]
  /** Further rows, in their sink's own form. */
  readonly packed: PackedRows | undefined
  readonly changes: ByTenant<Change>
  readonly parked: Parked[]
  /** Samples that could not be shown as they were decoded: nothing is known of their call yet. */
  readonly live: LiveSample[]
  /** Greatest event time by tenant and `topic/partition`, capped at the message's log time. */
  readonly seen: Map<string, Map<string, number>>
}

/** Rows of a batch, in whatever form. */
export const rowCount = ({ rows, packed }: Pick<Batch, 'rows' | 'packed'>): number =>
  rows.length + (packed?.length ?? 0)

export interface BatchBuilder extends Effects {
  readonly batch: Batch
  /** The record that the next effects belong to. */
  from(record: LogRecord): void
}

export function createBatch(show: ShowLive = () => false, packed?: PackedRows): BatchBuilder {
  const batch: Batch = { rows: [], packed, changes: createByTenant(), parked: [], live: [], seen: new Map() }
  let record: LogRecord
  let topic = ''
  let partition = -1
  let source = ''
  return {
    batch,
    from(of) {
      record = of
      if (of.partition === partition && of.topic === topic) return
      topic = of.topic
      partition = of.partition
      source = `${topic}/${partition}`
    },
    row(table: RawTable, cells: readonly Cell[]) {
      // Of a producer's own time it is asked how old each row is by the log's present: such rows stay as they are.
      const isPacked = record.isProducersTime !== true && packed?.add(table, cells, record) === true
      if (!isPacked) batch.rows.push({ table, cells, record })
    },
    change(change: Change) {
      const known = batch.changes.get(change.tenant, change.id)
      if (known !== undefined && saysNothingNew(known, change)) return
      batch.changes.set(change.tenant, change.id, known === undefined ? change : mergeChanges(known, change))
    },
    seen(tenant: string, eventTimeMs: number) {
      let ofTenant = batch.seen.get(tenant)
      if (ofTenant === undefined) {
        ofTenant = new Map()
        batch.seen.set(tenant, ofTenant)
      }
      const at = Math.min(eventTimeMs, record.logTimeMs)
      if (at > (ofTenant.get(source) ?? 0)) ofTenant.set(source, at)
    },
    live(tenant: string, sample: QualitySample) {
      const live = { tenant, sample }
      if (!show(live, record)) batch.live.push(live)
    },
    park(reason: ParkReason, detail: string) {
      batch.parked.push({ record, reason, detail })
    },
  }
}

/** Samples of one call and minute, as nearly all of a batch are. */
const saysNothingNew = (known: Change, change: Change): boolean =>
  change.worst === 0 &&
  change.urgency === 'running' &&
  change.rescore === known.rescore &&
  change.cumulative === known.cumulative &&
  change.late === known.late &&
  change.minutes.every((minute) => known.minutes.includes(minute))

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
    ...(a.badMs === undefined && b.badMs === undefined ? {} : { badMs: (a.badMs ?? 0) + (b.badMs ?? 0) }),
    ...(a.late === true && b.late === true ? { late: true } : {}),
  }
}

function mergeMinutes(a: Change['minutes'], b: Change['minutes']): Change['minutes'] {
  if (b.every((minute) => a.includes(minute))) return a
  return [...new Set([...a, ...b])]
}

import { overHalves } from '#contracts/halving.ts'
import { type FrozenCheck, memberText } from '#contracts/summaries.ts'
import type { TracedRow } from '#contracts/warehouse.ts'
import type { Batch } from '../batch.ts'

export interface RefuseFrozenOptions {
  readonly check: FrozenCheck
  /** What is younger than this cannot be frozen, whatever retention it was written with. */
  readonly neverFrozenMs: number
}

const detail = 'time: raw of this call or minute has expired or is about to; it can no longer be recomputed'

/**
 * Parks late samples and events whose minute or record stands and is frozen. Only what came later after its event than
 * the least retention allows can be meant, so that a live batch costs one comparison a row and no query, however late it is
 * read; imports, and what producers send days late, cost two queries a batch. Links and call detail pass: a frozen record
 * folds them with the events it has kept. A producer's own time does not say when a message came: that is judged by the log's
 * present, so that one sent weeks late is told of, and does not vanish with its retention.
 */
export function createRefuseFrozen({ check, neverFrozenMs }: RefuseFrozenOptions) {
  return async function refuseFrozen(batch: Batch, presentMs: number): Promise<void> {
    if (batch.packed !== undefined && batch.packed.oldestMs >= neverFrozenMs)
      batch.rows = batch.rows.concat(batch.packed.unpack())
    const takenMs = ({ record }: TracedRow) => (record.isProducersTime ? presentMs : record.logTimeMs)
    const old = batch.rows.filter((row) => timeOf(row) <= takenMs(row) - neverFrozenMs)
    if (old.length === 0) return
    const logNowMs = old.reduce((latest, row) => Math.max(latest, takenMs(row)), 0)
    const samples = old.filter(({ table }) => table === 'quality_samples')
    const events = old.filter(({ table }) => table === 'call_events')
    // A key that the store cannot be asked by is none of a row that stands there.
    const minutes = new Set(
      await overHalves(distinct(samples.map(minuteOf), minuteText), async (keys) => [
        ...(await check.minutes(keys, logNowMs)),
      ]),
    )
    const calls = new Set(
      await overHalves(distinct(events.map(memberOf), memberText), async (keys) => [
        ...(await check.calls(keys, logNowMs)),
      ]),
    )
    const refused = new Set<TracedRow>([
      ...samples.filter((row) => minutes.has(minuteText(minuteOf(row)))),
      ...events.filter((row) => calls.has(memberText(memberOf(row)))),
    ])
    if (refused.size === 0) return
    batch.rows = batch.rows.filter((row) => !refused.has(row))
    for (const { record } of refused) batch.parked.push({ record, reason: 'too_late', detail })
  }
}

/** Event time of a row that can be too late, epoch milliseconds (see raw-tables.ts for the order of cells). */
function timeOf({ table, cells }: TracedRow): number {
  if (table === 'quality_samples') return Number(cells[0]) * 1_000
  return table === 'call_events' ? Number(cells[4]) : Number.POSITIVE_INFINITY
}

const minuteOf = ({ cells }: TracedRow) => ({
  tenant: String(cells[1]),
  id: String(cells[2]),
  minute: Number(cells[0]) / 60,
})

const memberOf = ({ cells }: TracedRow) => ({ tenant: String(cells[0]), id: String(cells[1]) })

const minuteText = ({ tenant, id, minute }: ReturnType<typeof minuteOf>) => `${tenant}\u0000${id}\u0000${minute}`

const distinct = <Key>(keys: readonly Key[], nameOf: (key: Key) => string): readonly Key[] => [
  ...new Map(keys.map((key) => [nameOf(key), key])).values(),
]

import { type FrozenCheck, memberText } from '#contracts/summaries.ts'
import type { Batch, TracedRow } from '../batch.ts'

export interface RefuseFrozenOptions {
  readonly check: FrozenCheck
  readonly retentionMs: number
  /** Rows and records are frozen this long before their raw goes. */
  readonly freezeAheadMs: number
}

const detail = 'time: raw of this call or minute has expired or is about to; it can no longer be recomputed'

/**
 * Parks late samples and events whose minute or record stands and is frozen. Only what is older than raw is kept can be
 * meant, so that a live batch costs one comparison a row and no query. Links and call detail pass: a frozen record folds
 * them with the events it has kept.
 */
export function createRefuseFrozen({ check, retentionMs, freezeAheadMs }: RefuseFrozenOptions) {
  return async function refuseFrozen(batch: Batch): Promise<void> {
    const old = batch.rows.filter((row) => timeOf(row) <= row.record.logTimeMs - retentionMs + freezeAheadMs)
    if (old.length === 0) return
    const logNowMs = old.reduce((latest, { record }) => Math.max(latest, record.logTimeMs), 0)
    const samples = old.filter(({ table }) => table === 'quality_samples')
    const events = old.filter(({ table }) => table === 'call_events')
    const minutes = await check.minutes(samples.map(minuteOf), logNowMs)
    const calls = await check.calls(events.map(memberOf), logNowMs)
    const refused = new Set<TracedRow>([
      ...samples.filter((row) => {
        const { tenant, id, minute } = minuteOf(row)
        return minutes.has(`${tenant}\u0000${id}\u0000${minute}`)
      }),
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

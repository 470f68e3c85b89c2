import type { IdStretch, MinuteWindow, RecordStretch } from '#contracts/audit.ts'

/** A condition that the primary key answers, and its parameters. Comparisons of tuples it would not answer. */
export interface Condition {
  readonly sql: string
  readonly params: Readonly<Record<string, string | number>>
}

/** Of tables in the order (tenant, an id). */
export function idsWithin({ after, until }: IdStretch, id: string): Condition {
  const parts: string[] = []
  if (after !== undefined)
    parts.push(`(tenant > {afterTenant: String} OR tenant = {afterTenant: String} AND ${id} > {afterId: String})`)
  if (until !== undefined)
    parts.push(`(tenant < {untilTenant: String} OR tenant = {untilTenant: String} AND ${id} <= {untilId: String})`)
  return {
    sql: parts.length === 0 ? '1' : parts.join(' AND '),
    params: {
      ...(after === undefined ? {} : { afterTenant: after.tenant, afterId: after.id }),
      ...(until === undefined ? {} : { untilTenant: until.tenant, untilId: until.id }),
    },
  }
}

const moment = (name: string): string => `fromUnixTimestamp64Milli({${name}: Int64}, 'UTC')`

/** Of `calls`, in the order (tenant, at, id). */
export function recordsWithin({ after, until, fromMs, toMs }: RecordStretch): Condition {
  const parts: string[] = []
  if (fromMs !== undefined) parts.push(`at >= ${moment('fromMs')}`)
  if (toMs !== undefined) parts.push(`at < ${moment('toMs')}`)
  if (after !== undefined)
    parts.push(
      `(tenant > {afterTenant: String} OR tenant = {afterTenant: String} AND (at > ${moment('afterMs')}
         OR at = ${moment('afterMs')} AND id > {afterId: String}))`,
    )
  if (until !== undefined)
    parts.push(
      `(tenant < {untilTenant: String} OR tenant = {untilTenant: String} AND (at < ${moment('untilMs')}
         OR at = ${moment('untilMs')} AND id <= {untilId: String}))`,
    )
  return {
    sql: parts.length === 0 ? '1' : parts.join(' AND '),
    params: {
      ...(fromMs === undefined ? {} : { fromMs: Math.max(0, fromMs) }),
      ...(toMs === undefined ? {} : { toMs }),
      ...(after === undefined ? {} : { afterTenant: after.tenant, afterMs: after.atMs, afterId: after.id }),
      ...(until === undefined ? {} : { untilTenant: until.tenant, untilMs: until.atMs, untilId: until.id }),
    },
  }
}

/** Event time of a window, of the column that tells it. */
export function timeWithin(column: string, { fromMs, toMs }: Pick<MinuteWindow, 'fromMs' | 'toMs'>): Condition {
  return {
    sql: `${column} >= toDateTime({from: UInt32}) AND ${column} < toDateTime({to: UInt32})`,
    params: { from: Math.floor(fromMs / 1_000), to: Math.ceil(toMs / 1_000) },
  }
}

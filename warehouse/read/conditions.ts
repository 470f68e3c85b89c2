import type { TenantScope } from '#contracts/warehouse.ts'

/** A WHERE clause in the making: conditions and the parameters that they name. */
export interface Conditions {
  readonly texts: readonly string[]
  readonly params: Readonly<Record<string, unknown>>
}

export const noConditions: Conditions = { texts: [], params: {} }

/** Adds a condition, unless its value is not given. */
export const when = (before: Conditions, text: string, params: Readonly<Record<string, unknown>>): Conditions =>
  Object.values(params).includes(undefined)
    ? before
    : { texts: [...before.texts, text], params: { ...before.params, ...params } }

/** Rows of those whose data may be read. */
export function ofTenants(scope: TenantScope): Conditions {
  if (scope === undefined) return noConditions
  return typeof scope === 'string'
    ? { texts: ['tenant = {tenant:String}'], params: { tenant: scope } }
    : { texts: ['tenant IN {tenants:Array(String)}'], params: { tenants: scope } }
}

export const whereOf = ({ texts }: Conditions): string => (texts.length === 0 ? '1' : texts.join(' AND '))

/** A DateTime64(3) of a parameter with epoch milliseconds: constant, so that the primary key and partitions prune by it. */
export const momentOf = (name: string): string => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`

/** Moments as an array parameter of DateTime64(3, 'UTC'): with a conversion in the query no index would be used. */
export const momentsParam = (name: string): string => `{${name}:Array(DateTime64(3, 'UTC'))}`
export const momentText = (ms: number): string => new Date(ms).toISOString().slice(0, 23).replace('T', ' ')

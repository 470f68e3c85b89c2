import type { WatermarkStore } from '#contracts/registry.ts'
import type { TenantScope } from '#contracts/warehouse.ts'
import { watermarksOf } from '#pipelines/watermarks.ts'

/** Until when everything is known to have arrived: of these tenants, or of the one that is furthest behind. */
export async function readCompleteUntil(watermarks: Pick<WatermarkStore, 'read'>) {
  const known = watermarksOf(await watermarks.read())
  const everybody = known.get('*')
  return function completeUntil(tenants: TenantScope): number | undefined {
    const of = (tenant: string): number => known.get(tenant) ?? everybody ?? 0
    const ms = tenants === undefined ? Math.min(...known.values()) : Math.min(...[tenants].flat().map(of))
    return ms === 0 || !Number.isFinite(ms) ? undefined : ms
  }
}

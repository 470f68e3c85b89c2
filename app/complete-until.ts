import type { WatermarkStore } from '#contracts/registry.ts'
import { watermarksOf } from '#pipelines/watermarks.ts'

/** Until when everything is known to have arrived: of one tenant, or of the one that is furthest behind. */
export async function readCompleteUntil(watermarks: Pick<WatermarkStore, 'read'>) {
  const known = watermarksOf(await watermarks.read())
  const everybody = known.get('*')
  return function completeUntil(tenant: string | undefined): number | undefined {
    const ms = tenant === undefined ? Math.min(...known.values()) : (known.get(tenant) ?? everybody)
    return ms === undefined || ms === 0 ? undefined : ms
  }
}

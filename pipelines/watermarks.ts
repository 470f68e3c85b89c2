import type { Polled } from '#contracts/event-log.ts'
import type { WatermarkEntry } from '#contracts/registry.ts'
import type { Batch } from './batch.ts'

/** Producers' clocks and queues: what is younger than this may still be on its way. */
export const watermarkLagMs = 60_000

/**
 * Entries for the sources of one batch, to be written after its rows are acknowledged. A partition read to its end
 * counts as the log's present time; one that is not holds its tenants at what they have sent.
 */
export function createWatermarkTracker(lagMs: number = watermarkLagMs) {
  const lastAtEnd = new Map<string, number>()
  return {
    entriesOf(batch: Batch, polled: Polled): readonly WatermarkEntry[] {
      const entries: WatermarkEntry[] = []
      for (const { topic, partition, next, end } of polled.positions) {
        const source = `${topic}/${partition}`
        const atEnd = next >= end
        if (atEnd) lastAtEnd.set(source, polled.logNowMs)
        entries.push({ tenant: '*', source, watermarkMs: (lastAtEnd.get(source) ?? lagMs) - lagMs, atEnd })
      }
      for (const [tenant, sources] of batch.seen) {
        for (const [source, at] of sources) entries.push({ tenant, source, watermarkMs: at - lagMs, atEnd: false })
      }
      return entries
    },
  }
}

/** The watermark of each tenant named, and of every other as `*`: the minimum over all sources. */
export function watermarksOf(entries: readonly WatermarkEntry[]): ReadonlyMap<string, number> {
  const sources = new Map<string, Map<string, WatermarkEntry>>()
  const tenants = new Set<string>(['*'])
  for (const entry of entries) {
    tenants.add(entry.tenant)
    const ofSource = sources.get(entry.source) ?? new Map<string, WatermarkEntry>()
    sources.set(entry.source, ofSource.set(entry.tenant, entry))
  }
  return new Map([...tenants].map((tenant) => [tenant, minimumFor(tenant, sources)]))
}

function minimumFor(tenant: string, sources: ReadonlyMap<string, ReadonlyMap<string, WatermarkEntry>>): number {
  let least: number | undefined
  for (const ofSource of sources.values()) {
    const all = ofSource.get('*')
    const own = ofSource.get(tenant)
    // A source without an entry for everybody is an import: it holds the tenants it names and nobody else.
    const at = all === undefined ? own?.watermarkMs : all.atEnd ? all.watermarkMs : Math.max(all.watermarkMs, own?.watermarkMs ?? 0)
    if (at !== undefined && (least === undefined || at < least)) least = at
  }
  return least ?? 0
}

import type { Polled } from '#contracts/event-log.ts'
import type { WatermarkEntry } from '#contracts/registry.ts'
import type { Batch } from './batch.ts'

/** Producers' clocks and queues: what is younger than this may still be on its way. */
export const watermarkLagMs = 60_000

/**
 * Entries for the sources of one batch, to be written after its rows are acknowledged. A partition read to its end
 * counts as the log's present time; one that is not holds each tenant that has sent since at the most that it has sent,
 * and all others at the time when the log took what was read last.
 */
export function createWatermarkTracker(lagMs: number = watermarkLagMs) {
  const lastAtEnd = new Map<string, number>()
  const readUntil = new Map<string, number>()
  const sentSince = new Map<string, Map<string, number>>()

  function note(source: string, tenant: string, at: number): void {
    const tenants = sentSince.get(source) ?? new Map<string, number>()
    sentSince.set(source, tenants.set(tenant, Math.max(at, tenants.get(tenant) ?? at)))
  }

  /** Times are the log's own and never fall, so what comes next on this partition was taken later than this. */
  function readOf(source: string, { records }: Polled, { topic, partition }: Polled['positions'][number]): number {
    const last = records.findLast((record) => record.partition === partition && record.topic === topic)
    const until = Math.max(last?.logTimeMs ?? 0, readUntil.get(source) ?? 0, lastAtEnd.get(source) ?? 0)
    readUntil.set(source, until)
    return until
  }

  return {
    entriesOf(batch: Batch, polled: Polled): readonly WatermarkEntry[] {
      for (const [tenant, sources] of batch.seen) for (const [source, at] of sources) note(source, tenant, at)
      return polled.positions.flatMap((position): readonly WatermarkEntry[] => {
        const source = `${position.topic}/${position.partition}`
        if (position.next >= position.end) {
          lastAtEnd.set(source, polled.logNowMs)
          sentSince.delete(source)
          return [{ tenant: '*', source, watermarkMs: polled.logNowMs - lagMs, atEnd: true }]
        }
        const least = lastAtEnd.get(source) ?? 0
        const held = [...(sentSince.get(source) ?? [])].map(([tenant, at]): WatermarkEntry => {
          return { tenant, source, watermarkMs: Math.max(0, Math.max(at, least) - lagMs), atEnd: false }
        })
        const read = readOf(source, polled, position)
        return [{ tenant: '*', source, watermarkMs: Math.max(0, read - lagMs), atEnd: false }, ...held]
      })
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
    const at = (all?.atEnd === true ? all : (own ?? all))?.watermarkMs
    if (at !== undefined && (least === undefined || at < least)) least = at
  }
  return least ?? 0
}

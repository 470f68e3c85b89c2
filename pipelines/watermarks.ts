import type { Clock } from '#contracts/clock.ts'
import { endAsOf, type Polled, type Position } from '#contracts/event-log.ts'
import type { WatermarkEntry, WatermarkStore } from '#contracts/registry.ts'
import type { Batch } from './batch.ts'

/** Producers' clocks and queues: what is younger than this may still be on its way. */
export const watermarkLagMs = 60_000

/**
 * Entries for the sources of one batch, to be written after its rows are acknowledged. A partition read to its end counts as
 * the moment as of which that is known, the log's present where it can be asked; one that is not holds each tenant that has
 * sent since at the most that it has sent, and all others at the time when the log took what was read last. Producers' own
 * times say nothing of that: on a partition that keeps them all others stay where they were when it was last read to its end.
 * Nothing that is remembered or read counts as later than the log's present: a time from a clock that was wrong would stand
 * here until it has come.
 */
export function createWatermarkTracker(lagMs: number = watermarkLagMs) {
  const lastAtEnd = new Map<string, number>()
  const readUntil = new Map<string, number>()
  const sentSince = new Map<string, Map<string, number>>()

  function note(source: string, tenant: string, at: number): void {
    const tenants = sentSince.get(source) ?? new Map<string, number>()
    sentSince.set(source, tenants.set(tenant, Math.max(at, tenants.get(tenant) ?? at)))
  }

  /** Where times are the log's own they never fall, so what comes next on this partition was taken later than this. */
  function readOf(source: string, { records, logNowMs }: Polled, { topic, partition }: Position): number {
    const last = records.findLast((record) => record.partition === partition && record.topic === topic)
    const taken = last === undefined || last.isProducersTime === true ? 0 : last.logTimeMs
    const until = Math.min(logNowMs, Math.max(taken, readUntil.get(source) ?? 0, lastAtEnd.get(source) ?? 0))
    readUntil.set(source, until)
    return until
  }

  return {
    entriesOf(batch: Batch, polled: Polled): readonly WatermarkEntry[] {
      for (const [tenant, sources] of batch.seen) for (const [source, at] of sources) note(source, tenant, at)
      return polled.positions.flatMap((position): readonly WatermarkEntry[] => {
        const source = `${position.topic}/${position.partition}`
        const read = readOf(source, polled, position)
        if (position.next >= position.end) {
          // Whoever read its last record knew then that it was the last.
          const asOfMs = Math.min(polled.logNowMs, Math.max(endAsOf(position, polled), read))
          lastAtEnd.set(source, asOfMs)
          sentSince.delete(source)
          return [{ tenant: '*', source, watermarkMs: Math.max(0, asOfMs - lagMs), atEnd: true }]
        }
        const least = lastAtEnd.get(source) ?? 0
        const held = [...(sentSince.get(source) ?? [])].map(([tenant, at]): WatermarkEntry => {
          const asOfMs = Math.min(polled.logNowMs, Math.max(at, least))
          return { tenant, source, watermarkMs: Math.max(0, asOfMs - lagMs), atEnd: false }
        })
        return [{ tenant: '*', source, watermarkMs: Math.max(0, read - lagMs), atEnd: false }, ...held]
      })
    },
  }
}

/**
 * Stored watermarks as far as they can be true: one ahead of the log's present was written while a clock was wrong, and
 * counts as the present until who reads its partition has written it again.
 */
export const believedWatermarks = (
  watermarks: Pick<WatermarkStore, 'read'>,
  present: Clock,
): Pick<WatermarkStore, 'read'> => ({
  async read() {
    const entries = await watermarks.read()
    const presentMs = present()
    return entries.map((entry) => (entry.watermarkMs <= presentMs ? entry : { ...entry, watermarkMs: presentMs }))
  },
})

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

import type { EventLog } from '#contracts/event-log.ts'
import type { WatermarkStore } from '#contracts/registry.ts'

export interface GonePartitionsParts {
  readonly log: Pick<EventLog, 'extent'>
  readonly watermarks: Pick<WatermarkStore, 'read' | 'remove'>
}

/**
 * Lets go of watermarks of partitions that the log does not have: a topic was made anew with fewer. Nobody reads them any
 * more, and they would hold every call open for ever. Only what has stood still since the look before is let go: a
 * partition that is new and not known here yet has somebody who writes. Returns the sources let go.
 */
export function createGonePartitions({ log, watermarks }: GonePartitionsParts): () => Promise<readonly string[]> {
  let before: ReadonlyMap<string, number> = new Map()

  return async function letGo() {
    const entries = (await watermarks.read()).filter(({ tenant, source }) => tenant === '*' && isPartition(source))
    const topics = new Set(entries.map(({ source }) => topicOf(source)))
    const there = new Set<string>()
    for (const topic of topics) {
      const extents = await log.extent(topic)
      for (const { partition } of extents) there.add(`${topic}/${partition}`)
    }
    const gone = entries
      .filter(({ source, watermarkMs }) => !there.has(source) && before.get(source) === watermarkMs)
      .map(({ source }) => source)
    before = new Map(entries.map(({ source, watermarkMs }) => [source, watermarkMs]))
    for (const source of gone) await watermarks.remove(source)
    return gone
  }
}

const isPartition = (source: string): boolean => /^[^:]+\/\d+$/.test(source)
const topicOf = (source: string): string => source.slice(0, source.lastIndexOf('/'))

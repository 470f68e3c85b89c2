import { endAsOf, type LogRecord, type Polled, type TopicPartition } from '#contracts/event-log.ts'
import { type CutRules, type Cutter, createCutter, type FullCut } from './cutter.ts'
import type { Start } from './resume.ts'

export interface OpenCutRules extends CutRules {
  /** What waits in all partitions together; beyond it the largest is cut early. */
  readonly maxTotalBytes: number
}

/** The open cuts of all partitions that are assigned. */
export interface OpenCuts {
  begin(start: Start): void
  /** Takes what was read; returns the cuts that can be archived now, those of one partition in order. */
  take(polled: Polled): readonly FullCut[]
  clear(): void
}

export function createOpenCuts(rules: OpenCutRules): OpenCuts {
  const cutters = new Map<string, Cutter>()

  const taken = (records: readonly LogRecord[]): readonly FullCut[] =>
    records.flatMap((record) => cutters.get(nameOf(record))?.take(record) ?? [])

  /** Of partitions read to their end whose window has passed. */
  const passed = (polled: Polled): readonly FullCut[] =>
    polled.positions.flatMap((position) => {
      const atEnd = position.next >= position.end
      return (atEnd ? cutters.get(nameOf(position))?.closed(endAsOf(position, polled)) : undefined) ?? []
    })

  function* early(): Generator<FullCut> {
    for (;;) {
      const open = [...cutters.values()]
      if (open.reduce((sum, { bytes }) => sum + bytes, 0) <= rules.maxTotalBytes) return
      const cut = open.reduce((a, b) => (b.bytes > a.bytes ? b : a)).close()
      if (cut === undefined) return
      yield cut
    }
  }

  return {
    begin({ topic, partition, epoch, fromOffset }) {
      cutters.set(nameOf({ topic, partition }), createCutter(rules, { topic, partition, epoch, fromOffset }))
    },
    take: (polled) => [...taken(polled.records), ...passed(polled), ...early()],
    clear: () => cutters.clear(),
  }
}

export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

import type { Polled, TopicPartition } from '#contracts/event-log.ts'

/** What a pipeline has read and not committed, and how far behind that is now. */
export interface InHand {
  polled(polled: Polled): void
  committed(polled: Polled): void
  /** Seconds that the oldest message not committed is old, by topic; 0 where there is none. */
  lagSeconds(): ReadonlyMap<string, number>
  /** Bytes of messages read and not committed; of text, its characters. */
  bytes(): number
}

interface Held {
  readonly oldestMs: ReadonlyMap<string, number>
  readonly bytes: number
}

/**
 * The account of one pipeline. `ticks` is a steady clock, milliseconds: a pipeline that is stuck polls no more, so that what
 * the log said last is carried on by it, and its lag goes on growing.
 */
export function createInHand(ticks: () => number): InHand {
  const held = new Map<Polled, Held>()
  /** Log time from which a topic has been seen to hold messages that no poll has brought yet. */
  const unreadSince = new Map<string, number>()
  let logNowMs = 0
  let at = 0
  let topics: ReadonlySet<string> = new Set()

  function noteUnread(polled: Polled, read: ReadonlyMap<string, number>): void {
    const behind = new Set(polled.positions.filter(({ next, end }) => next < end).map(({ topic }) => topic))
    for (const topic of topics) {
      if (!behind.has(topic) || read.has(topic)) unreadSince.delete(topic)
      else if (!unreadSince.has(topic)) unreadSince.set(topic, polled.logNowMs)
    }
  }

  return {
    polled(polled) {
      logNowMs = polled.logNowMs
      at = ticks()
      topics = new Set(polled.assignment.map(({ topic }: TopicPartition) => topic))
      const oldestMs = new Map<string, number>()
      let bytes = 0
      for (const { topic, logTimeMs, value } of polled.records) {
        bytes += value.length
        if (logTimeMs < (oldestMs.get(topic) ?? Number.POSITIVE_INFINITY)) oldestMs.set(topic, logTimeMs)
      }
      noteUnread(polled, oldestMs)
      if (polled.records.length > 0) held.set(polled, { oldestMs, bytes })
    },
    committed: (polled) => void held.delete(polled),
    lagSeconds() {
      const nowMs = logNowMs + ticks() - at
      return new Map(
        [...topics].map((topic) => {
          const since = [...held.values()].map(({ oldestMs }) => oldestMs.get(topic) ?? nowMs)
          const oldest = Math.min(unreadSince.get(topic) ?? nowMs, ...since)
          return [topic, Math.max(0, nowMs - oldest) / 1_000]
        }),
      )
    },
    bytes: () => [...held.values()].reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

import type { TopicPartition } from '#contracts/event-log.ts'
import type { Waiting } from './buffer.ts'
import type { LiveConsumer } from './consumer.ts'

/** Decides which partitions are fetched: not those that the caller has paused, nor those of which enough waits. */
export interface Holding {
  /** A round has begun with all of its partitions paused. */
  began(all: readonly Waiting[]): void
  pauseFor(paused: readonly TopicPartition[]): void
  /** Paused by the caller. */
  isPaused(place: TopicPartition): boolean
  /** Tell the consumer what has changed. */
  apply(all: readonly Waiting[], consumer: LiveConsumer): void
}

/**
 * When this much waits, partitions that hold more than their share of it are no longer fetched; the others still may fill
 * theirs. So no more than twice this waits, and a fetch answer. About a batch: what waits longer is copied by the collector of
 * young objects, and more ahead makes nothing faster.
 */
const enoughBytes = 16 * 1024 * 1024

export function createHolding(): Holding {
  let callers: readonly TopicPartition[] = []
  const paused = new Set<Waiting>()

  const isPaused = (place: TopicPartition): boolean =>
    callers.length > 0 && callers.some(({ topic, partition }) => partition === place.partition && topic === place.topic)

  return {
    isPaused,
    began(all) {
      paused.clear()
      for (const waiting of all) paused.add(waiting)
    },
    pauseFor(places) {
      callers = places
    },
    apply(all, consumer) {
      const total = all.reduce((sum, { bytes }) => sum + bytes, 0)
      const share = enoughBytes / all.length
      const hold: TopicPartition[] = []
      const release: TopicPartition[] = []
      for (const waiting of all) {
        const isFull = total >= enoughBytes && waiting.bytes > share
        if (isPaused(waiting.place) || isFull) {
          if (paused.has(waiting)) continue
          paused.add(waiting)
          hold.push(waiting.place)
        } else if (paused.delete(waiting)) release.push(waiting.place)
      }
      if (hold.length > 0) consumer.pause(hold)
      if (release.length > 0) consumer.resume(release)
    },
  }
}

import type { TopicNames } from './topic-names.ts'
import { explain, type KafkaObserver } from './trouble.ts'

/** Topics of which records were met that carry their producers' times: told of once, and noted for people. */
export interface ProducersTimes {
  met(topic: string): void
  notes(): readonly string[]
}

export function createProducersTimes(observer: KafkaObserver, { onCluster }: TopicNames): ProducersTimes {
  const topics = new Set<string>()
  return {
    met(topic) {
      if (topics.has(topic)) return
      topics.add(topic)
      observer.trouble('producers_times', topic)
    },
    notes: () => [...topics].map((topic) => `Topic '${onCluster(topic)}': ${explain('producers_times')}.`),
  }
}

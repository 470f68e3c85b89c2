import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker, Cluster } from 'kafkajs'
import { isStaleRefusal, KafkaError, type KafkaTrouble, troubleOf } from './trouble.ts'

/** A way to the brokers that finds leaders and coordinators anew when they have moved. */
export interface Reach {
  /** Asks, and again after looking around anew: leaders and coordinators move, and are elected first of all. */
  ask<Answer>(what: string, question: () => Promise<Answer>): Promise<Answer>
  /** The connection as it is now, knowing these topics. Within a question: another try may be on another connection. */
  connected(topics: readonly string[]): Promise<Cluster>
  coordinatorOf(groupId: string): Promise<Broker>
  close(): Promise<void>
}

const mostTries = 4
// What another try would not change; a missing topic is looked for once more on a connection that never asked for another.
const triesBy: Partial<Record<KafkaTrouble, number>> = { not_allowed: 1, login_refused: 1, topic_missing: 2 }

export function createReach(open: () => Cluster): Reach {
  let cluster = open()
  let closed = false
  const coordinators = new Map<string, Broker>()

  async function connected(topics: readonly string[]): Promise<Cluster> {
    await cluster.connect()
    await cluster.addMultipleTargetTopics([...topics])
    await cluster.refreshMetadataIfNecessary()
    return cluster
  }

  async function lookAround(error: unknown): Promise<void> {
    coordinators.clear()
    if (troubleOf(error) !== 'topic_missing') {
      await cluster.connect()
      return cluster.refreshMetadata()
    }
    // A connection asks for all topics it was ever asked for: one that was deleted would fail every other question.
    const before = cluster
    cluster = open()
    await before.disconnect().catch(() => undefined)
  }

  return {
    async ask(what, question) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await question()
        } catch (error) {
          if (isStaleRefusal(error)) throw error
          // Trying on after the close would keep the process alive, and make connections that nobody ends.
          if (closed || tries >= (triesBy[troubleOf(error)] ?? mostTries)) throw new KafkaError(what, error)
          await sleep(tries > 1 ? 100 * 2 ** tries : 0)
          await lookAround(error).catch(() => undefined) // the next try meets the same trouble
        }
      }
    },
    connected,
    async coordinatorOf(groupId) {
      const remembered = coordinators.get(groupId)
      if (remembered?.isConnected()) return remembered
      const found = await (await connected([])).findGroupCoordinator({ groupId })
      coordinators.set(groupId, found)
      return found
    },
    async close() {
      closed = true
      await cluster.disconnect()
    },
  }
}

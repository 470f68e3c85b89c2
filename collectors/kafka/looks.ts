import { setTimeout as sleep } from 'node:timers/promises'
import type { TopicDefinition } from '#contracts/event-log.ts'
import type { ClusterQuestions } from './cluster.ts'
import type { TopicNames } from './topic-names.ts'
import { explain, troubleOf } from './trouble.ts'

export interface LooksParts {
  readonly cluster: Pick<ClusterQuestions, 'extents' | 'partitions'>
  readonly names: Pick<TopicNames, 'onCluster'>
  /** Topics whose absence is told before anybody reads them. */
  readonly topics: readonly Pick<TopicDefinition, 'name'>[]
}

/** Looks at the cluster for whoever asks whether it works. */
export interface Looks {
  /** What of the cluster is awaited, in words for a person, as of the last look that has ended. Waits for one a while; never throws. */
  missing(): Promise<readonly string[]>
}

const neverAnswered: readonly string[] = ['The log: no broker has answered yet; check kafka.brokers and the network.']

// A probe gives up after a second or a few; the answer before is better than none.
const healthWaitMs = 1_000
// Where there is none, a broker far away, reached by TLS and with a login, takes longer.
const firstHealthWaitMs = 10_000

export function createLooks(parts: LooksParts): Looks {
  let looking: Promise<void> | undefined
  let missing = neverAnswered

  /** Asked at most once at a time: probes come more often than a broker that is down is given up on. */
  async function look(): Promise<void> {
    missing = await missingIn(parts)
    looking = undefined
  }

  return {
    async missing() {
      looking ??= look()
      const waitMs = missing === neverAnswered ? firstHealthWaitMs : healthWaitMs
      await Promise.race([looking, sleep(waitMs, undefined, { ref: false })])
      return missing
    },
  }
}

/** What of the cluster is awaited, in words. Never throws. */
async function missingIn({ cluster, names, topics }: LooksParts): Promise<readonly string[]> {
  try {
    await cluster.extents([])
    const found = await Promise.all(topics.map(async ({ name }) => [name, await cluster.partitions(name)] as const))
    const absent = found
      .filter(([, partitions]) => partitions === undefined)
      .map(([name]) => `Topic '${names.onCluster(name)}'`)
    if (absent.length === 0) return []
    const verb = absent.length === 1 ? 'does' : 'do'
    return [`${absent.join(', ')} ${verb} not exist: run "callscope topics create".`]
  } catch (error) {
    return [`The log: ${explain(troubleOf(error))}.`]
  }
}

import { groupOnCluster } from '#collectors/kafka/topic-names.ts'
import { withTopics } from '../commands/topics.ts'
import { pipelineNames } from '../compose/compose-parts.ts'
import type { Config } from '../config.ts'
import { asked, type Check, unwell, well } from './check.ts'

const what = 'Kafka'

/** Reaches the cluster, and looks at topics, their settings, and what this user may do. */
export async function checkLog(config: Config): Promise<readonly Check[]> {
  const fix = 'are brokers and login right (kafka.brokers, kafka.sasl, kafka.tls)?'
  return asked(what, fix, () =>
    withTopics(config, async (admin, wanted) => {
      const findings = await admin.check(wanted)
      const refused = await admin.refusedGroups(pipelineNames)
      return [
        well(what, `answers at ${config.kafka.brokers.join(', ')}`),
        ...findings.map(({ topic, isWrong, detail }) => ({ what: `topic ${topic}`, ok: !isWrong, found: detail })),
        ...(findings.length === 0 ? [well('topics', `all ${wanted.length} are as they must be`)] : []),
        refused.length === 0
          ? well('consumer groups', `may be read under ${groupOnCluster(config.kafka, '*')}`)
          : unwell(
              'consumer groups',
              `may not be read: ${refused.join(', ')}; allow READ on groups ${groupOnCluster(config.kafka, '*')}`,
            ),
      ]
    }),
  )
}

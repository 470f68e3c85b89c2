import type { Command } from 'commander'
import { openTopicsAdmin, type TopicFinding } from '#collectors/kafka/topics.ts'
import { wantedTopics } from '#collectors/kafka/wanted-topics.ts'
import type { Config } from '../config.ts'
import { CommandError } from '../exit-codes.ts'
import { remoteSettings } from '../stores/where.ts'
import { longestRetentionMs } from '../windows.ts'
import { aConfiguredCommand, aGroup, type CommandParts, type CommonOptions, configFor, print } from './command.ts'

export function topicsCommand(parts: CommandParts): Command {
  const examples = ['topics create --config callscope.yaml', 'topics check --json']
  return aGroup({ name: 'topics', summary: 'make or check the topics on a Kafka cluster', examples })
    .addCommand(
      aConfiguredCommand({
        name: 'create',
        summary: 'make the topics that are missing; what is there is left as it is, and reported where it differs',
        examples: ['topics create'],
      }).action((options: CommonOptions) => create(parts, options)),
    )
    .addCommand(
      aConfiguredCommand({
        name: 'check',
        summary: 'say which topics are missing or not as they must be',
        examples: ['topics check'],
      }).action((options: CommonOptions) => check(parts, options)),
    )
}

/** Opens the cluster's topics, with what callscope wants of them. */
export async function withTopics<Result>(
  config: Config,
  use: (admin: ReturnType<typeof openTopicsAdmin>, wanted: ReturnType<typeof wantedTopics>) => Promise<Result>,
): Promise<Result> {
  if (config.kafka.brokers.length === 0)
    throw new CommandError('usage', `${remoteSettings.log} is not set: the embedded log makes its topics by itself`)
  const admin = openTopicsAdmin(config.kafka, { trouble: () => undefined, client: () => undefined })
  try {
    return await use(admin, wantedTopics(config.kafka, longestRetentionMs(config)))
  } finally {
    await admin.close()
  }
}

async function create(parts: CommandParts, options: CommonOptions): Promise<void> {
  const config = configFor(parts, options)
  const made = await withTopics(config, (admin, wanted) => admin.create(wanted))
  if (made.findings.some(({ isWrong }) => isWrong)) parts.end('failed')
  await print(parts, options, made, () =>
    [
      made.created.length === 0 ? 'Every topic is there.' : `Made ${made.created.join(', ')}.`,
      ...made.findings.map(lineOf),
    ].join('\n'),
  )
}

async function check(parts: CommandParts, options: CommonOptions): Promise<void> {
  const config = configFor(parts, options)
  const findings = await withTopics(config, (admin, wanted) => admin.check(wanted))
  if (findings.some(({ isWrong }) => isWrong)) parts.end('failed')
  await print(parts, options, { findings }, () =>
    findings.length === 0 ? 'Every topic is as it must be.' : findings.map(lineOf).join('\n'),
  )
}

const lineOf = ({ topic, isWrong, detail }: TopicFinding): string => `${isWrong ? 'no' : 'hm'}  ${topic}: ${detail}`

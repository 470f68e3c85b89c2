import type { Command } from 'commander'
import { createKafkaLog } from '#collectors/kafka/kafka-log.ts'
import { embeddedTopics } from '#contracts/topics.ts'
import { feedDemo } from '../demo-feed.ts'
import { CommandError } from '../exit-codes.ts'
import { createLogger } from '../logger.ts'
import { createRepeatedWarnings } from '../telemetry/repeated-warnings.ts'
import { untilStopped } from '../until-stopped.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor } from './command.ts'

export function demoCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'demo',
    summary: 'send made-up traffic to a Kafka cluster until stopped',
    description:
      'Sends seeded traffic, about 200 concurrent calls of the tenants acme, globex and initech, to the topics of a Kafka cluster. The tenants have to be named in the setting tenants. In one process, "up --demo" does the same.',
    examples: ['demo --config callscope.yaml'],
  }).action((options: CommonOptions) => demo(parts, options))
}

async function demo(parts: CommandParts, options: CommonOptions): Promise<void> {
  const config = configFor(parts, options)
  if (config.kafka.brokers.length === 0)
    throw new CommandError('usage', 'kafka.brokers is not set: set it, or run everything with "callscope up --demo"')
  const logger = createLogger(config.logLevel)
  const warnAgain = createRepeatedWarnings({ logger })
  const stopping = new AbortController()
  const log = createKafkaLog({
    config: config.kafka,
    clock: parts.io.now,
    topics: embeddedTopics,
    observer: {
      trouble: (what, of) => warnAgain({ what, of }, 'the log is in trouble'),
      client: (part, severity) => logger.debug({ part, severity }, 'the Kafka client complains'),
    },
  })
  const feeding = feedDemo(
    {
      log,
      clock: parts.io.now,
      onError: (error) => warnAgain({}, 'demo traffic could not be appended', String(error)),
    },
    stopping.signal,
  )
  logger.info({ brokers: config.kafka.brokers }, 'made-up traffic is sent')
  try {
    await untilStopped(new Promise<never>(() => undefined))
  } finally {
    stopping.abort()
    await feeding
    await log.close()
  }
}

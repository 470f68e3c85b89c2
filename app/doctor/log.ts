import type { BrokerClock, ClockUnknown } from '#collectors/kafka/broker-clocks.ts'
import { type BrokerSeen, type Examination, examineCluster } from '#collectors/kafka/examination.ts'
import { groupOnCluster } from '#collectors/kafka/topic-names.ts'
import { withTopics } from '../commands/topics.ts'
import { pipelineNames } from '../compose/compose-parts.ts'
import type { Config } from '../config.ts'
import { asked, type Check, skewCheck, unwell, well } from './check.ts'

const what = 'Kafka'
const groups = 'consumer groups'
const writesOnce = 'idempotent writes'

/** Reaches every broker, and looks at versions, clocks, topics with their settings, and what this user may do. */
export async function checkLog(config: Config, now: () => number): Promise<readonly Check[]> {
  const fix = 'are brokers and login right (kafka.brokers, kafka.sasl, kafka.tls)?'
  const examination = examineCluster(config.kafka, { trouble: () => undefined, client: () => undefined }, now)
  const reached = await asked(what, fix, async () => brokersCheck(config, await examination.brokers()))
  const look = 'ask again, and look at the brokers'
  try {
    if (reached.some((check) => check.what === what && !check.ok)) return reached
    return [
      ...reached,
      ...(await topicChecks(config)),
      ...(await asked(groups, look, () => groupsCheck(config, examination))),
      ...(await asked(writesOnce, look, () => writeOnceCheck(examination))),
      ...(await asked('Kafka clocks', look, () => clockChecks(config, examination))),
    ]
  } finally {
    await examination.close()
  }
}

function brokersCheck({ kafka }: Config, brokers: readonly BrokerSeen[]): readonly Check[] {
  const silent = brokers.filter(({ generation }) => generation === undefined).map(({ nodeId }) => nodeId)
  const speaks = [...new Set(brokers.flatMap(({ generation }) => generation ?? []))]
  const found = `${brokers.length} brokers, first asked at ${kafka.brokers.join(', ')}, speak like Kafka ${speaks.join(' and ')}`
  const isOld = speaks.includes('older than 2.1')
  return [
    isOld
      ? unwell(what, `${found}: version 2.1 or newer is needed, which reads and writes zstd`)
      : well(what, speaks.includes('2.x') ? `${found}: callscope is tried with 4.x` : found),
    ...(silent.length === 0
      ? []
      : [
          unwell(
            'Kafka brokers',
            `${silent.join(', ')} do not answer where they say they are: look at advertised.listeners and the network`,
          ),
        ]),
  ]
}

async function topicChecks(config: Config): Promise<readonly Check[]> {
  return asked('topics', 'look at the brokers', () =>
    withTopics(config, async (admin, wanted) => {
      const findings = await admin.check(wanted)
      return findings.length === 0
        ? [well('topics', `all ${wanted.length} are as they must be, and may be read and written`)]
        : findings.map(({ topic, isWrong, detail }) => ({ what: `topic ${topic}`, ok: !isWrong, found: detail }))
    }),
  )
}

async function groupsCheck({ kafka }: Config, examination: Examination): Promise<Check> {
  const refused = await examination.refusedGroups(pipelineNames)
  const all = groupOnCluster(kafka, '*')
  return refused.length === 0
    ? well(groups, `may be joined under ${all}`)
    : unwell(groups, `may not be joined: ${refused.join(', ')}; allow Read on groups ${all} (prefixed)`)
}

async function writeOnceCheck(examination: Examination): Promise<Check> {
  return (await examination.mayWriteOnce())
    ? well(writesOnce, 'allowed')
    : unwell(
        writesOnce,
        'refused: allow Write on the topics, or IdempotentWrite on the cluster where brokers are older than 3.0',
      )
}

/** An install works without knowing them, and asking needs a permission that nothing else does: not asked is no fault. */
async function clockChecks({ kafka }: Config, examination: Examination): Promise<readonly Check[]> {
  const transactions = groupOnCluster(kafka, 'doctor-*')
  const why: Readonly<Record<ClockUnknown, string>> = {
    not_allowed: `allow Write and Describe on transactional ids ${transactions} (prefixed) to have it asked`,
    too_old: 'brokers tell it from 3.0 on',
    no_coordinator: 'this broker has no transactions in its care',
    busy: 'the broker was busy with another transaction; ask again',
  }
  const shown = (clock: BrokerClock): Check => {
    const name = `Kafka broker ${clock.nodeId}`
    return 'unknown' in clock
      ? well(`${name} clock`, `not asked: ${why[clock.unknown]}`)
      : skewCheck(name, clock.theirsMs, clock)
  }
  return (await examination.clocks()).map(shown)
}

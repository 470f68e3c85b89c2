import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka } from 'kafkajs'
import type { NewRecord } from '#contracts/event-log.ts'
import { embeddedTopics, topicNames } from '#contracts/topics.ts'
import { insertLinks, restoreRegistry, saveRegistry } from './disturbances.ts'
import { lagOf } from './install.ts'
import { refusedLetters, sendRefusedContent } from './refused-content.ts'
import { type Feed, goesOn, type Stage } from './stage.ts'

/** One row of the fault table. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly feed?: Partial<Feed>
  /** Messages, as a share of the run's usual number. */
  readonly share?: number
  readonly partitions?: Readonly<Record<string, number>>
  /** Lines and spans go to Loki and Tempo, and are counted there. */
  readonly telemetryStores?: boolean
  readonly clockFile?: string
  /** Dead letters beside those of the traffic itself, by reason. */
  readonly alsoDead?: Readonly<Record<string, number>>
  /** Records may hold a flag that the truth does not know of. */
  readonly disturb: (stage: Stage) => Promise<void>
  /** What a run of it does not show, for the table. */
  readonly remark?: string
}

async function killWorkers(stage: Stage): Promise<void> {
  const kills = stage.short ? 6 : 50
  for (let kill = 0; kill < kills; kill++) {
    await sleep(500 + stage.random() * 3_000)
    const at = kill % stage.workers.length
    await stage.workers[at]?.kill()
    stage.workers[at] = stage.install.startWorker()
  }
  stage.say(`${kills} kills`)
}

async function rebalance(stage: Stage): Promise<void> {
  let rounds = 0
  while (await goesOn(stage, 1_500)) {
    const guest = stage.install.startWorker()
    await guest.ready()
    await sleep(1_000 + stage.random() * 2_000)
    await guest.stop()
    rounds++
  }
  stage.say(`${rounds} joined and left`)
}

async function restartBroker({ install, say, short }: Stage): Promise<void> {
  const rounds = short ? 1 : 4
  for (let round = 0; round < rounds; round++) {
    await sleep(5_000)
    if (round % 2 === 0) await install.kafka.stop()
    else await install.kafka.kill()
    await sleep(2_000)
    await install.kafka.start()
  }
  say(`${rounds} restarts, every other by SIGKILL`)
}

async function slowAndFailing({ install, short }: Stage): Promise<void> {
  const { control } = install.front()
  for (const failWhen of ['before', 'after'] as const) {
    await sleep(2_000)
    await control.set({ slowMs: short ? 2_000 : 10_000, failInsert: 3, failWhen })
    await sleep(short ? 10_000 : 60_000)
    await control.set({ failInsert: 3, failWhen, failHow: 'cut' })
    await sleep(short ? 5_000 : 20_000)
  }
  await control.set({})
}

async function killWarehouse({ install, short }: Stage): Promise<void> {
  for (let round = 0; round < (short ? 2 : 6); round++) {
    await sleep(4_000)
    await install.front().kill()
    await sleep(1_000)
    await install.restartFront()
  }
}

async function postgresGone({ install, short }: Stage): Promise<void> {
  await sleep(4_000)
  await install.postgres.kill()
  await sleep(short ? 8_000 : 60_000)
  await install.postgres.start()
}

/** Of an engine whose disk is full: what it answers, until there is room again. */
async function diskFull({ install, short }: Stage): Promise<void> {
  await sleep(3_000)
  const body = 'Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)'
  await install.front().control.set({ failInsert: 1, failWith: { status: 500, code: 243, body } })
  await sleep(short ? 8_000 : 60_000)
  await install.front().control.set({})
}

async function jumpClock(stage: Stage): Promise<void> {
  const file = join(stage.folder, 'clock')
  const dayMs = 86_400_000
  for (const offsetMs of [dayMs, -dayMs, 0]) {
    await sleep(stage.short ? 4_000 : 10_000)
    await writeFile(file, String(offsetMs))
  }
}

/** What calls wait for while the log store is down, most of all looks. */
async function lokiDown(stage: Stage): Promise<void> {
  const { install, short } = stage
  await sleep(4_000)
  await install.telemetry?.loki.stop()
  const untilMs = Date.now() + (short ? 20_000 : 300_000)
  let calls = 0
  let logs = 0
  while (Date.now() < untilMs) {
    await sleep(1_000)
    calls = Math.max(calls, await lagOf(install.log, ['calls']))
    logs = Math.max(logs, await lagOf(install.log, ['logs']))
  }
  stage.say(`while it was down ${calls} messages of calls waited at most, and ${logs} of logs`)
  await install.telemetry?.loki.start()
}

async function lokiMisbehaves({ install, short, random }: Stage): Promise<void> {
  const answers = ['after', { status: 429, retryAfter: '1' }, { status: 500 }, { status: 503 }, 'none', 'none'] as const
  install.telemetry?.proxy.set(() => answers[Math.floor(random() * answers.length)] ?? 'none')
  await sleep(short ? 20_000 : 60_000)
  install.telemetry?.proxy.set(() => 'none')
}

async function tempoRefuses({ install, short }: Stage): Promise<void> {
  await sleep(3_000)
  for (const status of [503, 429, 401]) {
    install.telemetry?.otlp.refuseWith(status)
    await sleep(short ? 4_000 : 20_000)
  }
  install.telemetry?.otlp.refuseWith(undefined)
}

/** Duplicates of whole pages, messages shuffled within them: as producers that retry without order. */
function retold(records: readonly NewRecord[], random: () => number): readonly NewRecord[] {
  const shuffled = [...records, ...records.filter(() => random() < 0.5)]
  for (let at = shuffled.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    const [one, two] = [shuffled[at] as NewRecord, shuffled[other] as NewRecord]
    shuffled[at] = two
    shuffled[other] = one
  }
  return shuffled
}

/** Keys that say nothing: messages of one call end up on any partition. */
const otherKeys = (records: readonly NewRecord[], random: () => number): readonly NewRecord[] =>
  records.map((record) => ({ ...record, key: random() < 0.3 ? null : String(Math.floor(random() * 1_000)) }))

const oneKey = (records: readonly NewRecord[]): readonly NewRecord[] =>
  records.map((record) => ({ ...record, key: 'always the same' }))

/** Topics that a pipeline with dead letters reads. */
const read = ['call-events', 'conf-events', 'cdr-events', 'quality-samples', 'audit-events', 'app-logs', 'trace-spans']

const ours = [topicNames.callChanges, topicNames.callChangesBulk]

/** Bytes that are no message at all, in every topic, those of our own announcements too. */
async function poison({ install }: Stage): Promise<void> {
  await sleep(2_000)
  const topics = [...read, ...ours]
  await install.log.append(
    topics.map((topic) => ({ topic, key: null, value: Buffer.from([0xff, 0xfe, 0x00, ...Buffer.from(topic)]) })),
  )
}

async function loseOffsets(stage: Stage): Promise<void> {
  await sleep(5_000)
  await Promise.all(stage.workers.map((worker) => worker.stop()))
  const admin = new Kafka({ brokers: [stage.install.kafka.address], logLevel: 1 }).admin()
  await admin.connect()
  await admin.deleteGroups(['callscope-summaries'])
  await admin.disconnect()
  for (const at of stage.workers.keys()) stage.workers[at] = stage.install.startWorker()
}

async function restoreYesterday(stage: Stage): Promise<void> {
  await sleep(4_000)
  const saved = await saveRegistry(stage.install)
  await sleep(stage.short ? 4_000 : 15_000)
  await Promise.all(stage.workers.map((worker) => worker.stop()))
  await restoreRegistry(stage.install, saved)
  for (const at of stage.workers.keys()) stage.workers[at] = stage.install.startWorker()
}

const nothing = async (): Promise<void> => undefined
const oddPartitions = Object.fromEntries(
  embeddedTopics
    .filter(({ name }) => read.includes(name))
    .map(({ name }, at) => [name, [1, 3, 5, 7, 2, 9, 4][at % 7] ?? 3]),
)

/** Every fault that the issue of reliability names and this machine can make. One more is a line here. */
export const scenarios: readonly Scenario[] = [
  { name: 'nothing', title: 'Two workers, nothing disturbed', disturb: nothing },
  {
    name: 'kills',
    title: 'SIGKILL of a worker at random moments (50 times)',
    feed: { rate: 120 },
    disturb: killWorkers,
  },
  {
    name: 'rebalance',
    title: 'A third worker joins and leaves every few seconds',
    feed: { rate: 200 },
    disturb: rebalance,
  },
  { name: 'broker', title: 'The broker restarts, by SIGTERM and SIGKILL', feed: { rate: 250 }, disturb: restartBroker },
  { name: 'warehouse-kills', title: 'SIGKILL of the warehouse', feed: { rate: 250 }, disturb: killWarehouse },
  {
    name: 'warehouse-slow',
    title: 'The warehouse takes 10 s for everything; every third insert fails, before and after it was stored',
    disturb: slowAndFailing,
  },
  {
    ...{ name: 'loki-down', title: 'Loki is down for five minutes', telemetryStores: true },
    disturb: lokiDown,
  },
  {
    ...{
      name: 'loki-answers',
      title: 'Loki answers 429, 500, 503, or nothing after it has stored',
      telemetryStores: true,
    },
    disturb: lokiMisbehaves,
  },
  {
    ...{ name: 'tempo', title: 'Tempo refuses with 503, 429 and 401', telemetryStores: true },
    disturb: tempoRefuses,
    remark: 'a receiver that speaks OTLP stands for Tempo',
  },
  {
    name: 'disk-full',
    title: 'The warehouse has no space left',
    disturb: diskFull,
    remark: 'the answer of a full disk, given by the test front; a really full disk: `tests/faults` and by hand',
  },
  { name: 'postgres', title: 'PostgreSQL is killed, and comes back after a minute', disturb: postgresGone },
  {
    name: 'clock',
    title: 'The workers’ clocks jump a day ahead and a day back',
    clockFile: 'clock',
    disturb: jumpClock,
  },
  {
    name: 'retold',
    title: 'Producers that send half of all messages twice, in any order',
    feed: { bend: retold },
    disturb: nothing,
  },
  { name: 'poison', title: 'Bytes that are no message, in every topic', alsoDead: poisonLetters(), disturb: poison },
  {
    name: 'content',
    title:
      'Content that a store refuses: half a character in ids and fields, and in announcements of an earlier version',
    alsoDead: refusedLetters,
    disturb: sendRefusedContent,
  },
  {
    name: 'partitions',
    title: 'Topics with 1 to 9 partitions and keys that say nothing',
    partitions: oddPartitions,
    feed: { bend: otherKeys },
    disturb: nothing,
  },
  { name: 'idle', title: 'All messages on one partition, the others idle', feed: { bend: oneKey }, disturb: nothing },
  {
    name: 'hub',
    title: 'A link id that names a million calls',
    disturb: ({ install, short }) => insertLinks(install, short ? 100_000 : 1_000_000),
  },
  { name: 'lost-offsets', title: '`call-changes` with its group offsets lost', disturb: loseOffsets },
  { name: 'yesterday', title: 'The registry restored from an earlier copy', disturb: restoreYesterday },
]

/** A topic of logs or spans is read by two groups, each of which tells of what it cannot read. */
function poisonLetters(): Readonly<Record<string, number>> {
  return { malformed_json: read.length + ours.length }
}

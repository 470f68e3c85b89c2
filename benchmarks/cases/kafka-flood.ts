import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { kafkaConfig } from '#collectors/kafka/config.ts'
import { createKafkaLog, type KafkaLog } from '#collectors/kafka/kafka-log.ts'
import type { NewRecord } from '#contracts/event-log.ts'
import { createLoad, simulatedTenants } from '#simulator/index.ts'
import { lagOf, openStackInstall, type StackInstall } from '#tests/stack/faults/install.ts'
import { metricsTokenForTests } from '#tests/stack/servers/prometheus.ts'
import type { BenchCase } from '../bench-case.ts'
import { type DueMessage, feed } from '../feed.ts'
import { quantile, wait } from '../measure.ts'
import { watchProcess } from '../process-watch.ts'

const loadCalls = 250
const samplesPerSecond = 250
/** Of mixed traffic (simulator) about one message in twenty-five is chat or presence. */
const normalPerSecond = 10
const floodTimes = 100

interface Phase {
  readonly seen: readonly number[]
  readonly sent: number
  readonly seconds: number
  readonly latestMs: number
  /** Messages of chat and presence that were not stored yet at its end. */
  readonly waiting: number
  /** Where the time goes, as the worker tells: means of the phase, seconds. */
  readonly settleSeconds: number
  readonly summarySeconds: number
  /** Of one core. */
  readonly workerCpu: number
  readonly warehouseCpu: number
}

/** Whether calls are shown as soon while chat and presence come at a hundred times their rate. */
export const kafkaFlood: BenchCase = {
  name: 'kafka-flood',
  title: 'Kafka -> record of an ended call, without and with 100 times the chat and presence',
  async run({ quick, folder, note }) {
    const seconds = quick ? 8 : 60
    const install = await openStackInstall({ folder: join(folder, 'install') })
    try {
      const worker = install.startWorker()
      await worker.ready()
      const stopping = new AbortController()
      const bench: Bench = { install, chat: producerOf(install), worker: { pid: worker.pid, url: await worker.url } }
      const loading = underLoad(install, stopping.signal)
      await wait(quick ? 5_000 : 20_000)
      const quiet: Phase[] = []
      const flooded: Phase[] = []
      // In turn, so that what the machine does meanwhile weighs on both.
      for (let round = 0; round < (quick ? 1 : 3); round++) {
        for (const [phases, perSecond] of [
          [quiet, normalPerSecond],
          [flooded, floodTimes * normalPerSecond],
        ] as const) {
          const phase = await measure(bench, perSecond, seconds)
          phases.push(phase)
          note(
            `${perSecond}/s of chat: p50 ${quantile(phase.seen, 0.5).toFixed(2)} s, p99 ${quantile(phase.seen, 0.99).toFixed(2)} s`,
          )
        }
      }
      stopping.abort()
      const samples = await loading
      await bench.chat.close()
      return outcomeOf({ quiet, flooded, seconds, samples })
    } finally {
      await install.close()
    }
  },
}

interface Bench {
  readonly install: StackInstall
  /** Its own: appends of one producer wait for each other. */
  readonly chat: KafkaLog
  readonly worker: { readonly pid: number; readonly url: string }
}

const producerOf = ({ kafka }: StackInstall): KafkaLog =>
  createKafkaLog({
    config: kafkaConfig.parse({ brokers: [kafka.address] }),
    clock: Date.now,
    observer: { trouble: () => undefined, client: () => undefined },
  })

interface Measured {
  readonly quiet: readonly Phase[]
  readonly flooded: readonly Phase[]
  readonly seconds: number
  readonly samples: number
}

function outcomeOf({ quiet, flooded, seconds, samples }: Measured) {
  const without = quiet.flatMap(({ seen }) => seen)
  const during = flooded.flatMap(({ seen }) => seen)
  const flood = flooded.reduce((sum, { sent }) => sum + sent, 0)
  const floodSeconds = flooded.reduce((sum, phase) => sum + phase.seconds, 0)
  return {
    sizes: {
      ...{ seconds, phasesEach: quiet.length, calls: loadCalls, samplesPerSecond, samples, normalPerSecond },
      ...{ floodPerSecond: floodTimes * normalPerSecond, probesWithout: without.length, probesDuring: during.length },
    },
    figures: {
      withoutP50Seconds: quantile(without, 0.5),
      withoutP99Seconds: quantile(without, 0.99),
      duringP50Seconds: quantile(during, 0.5),
      duringP99Seconds: quantile(during, 0.99),
      floodSentPerSecond: flood / floodSeconds,
      floodWaitingAtEndMost: Math.max(...flooded.map(({ waiting }) => waiting)),
      feederLateMaxSeconds: Math.max(...flooded.map(({ latestMs }) => latestMs)) / 1_000,
    },
    ratios: {
      duringToWithoutP50: quantile(during, 0.5) / quantile(without, 0.5),
      duringToWithoutP99: quantile(during, 0.99) / quantile(without, 0.99),
    },
    aims: [
      { what: 'record of an ended call in a flood, p99 s', aim: 5, better: 'less', got: quantile(during, 0.99) },
      {
        what: 'the same, median, as a multiple of that without',
        aim: 1.25,
        better: 'less',
        got: quantile(during, 0.5) / quantile(without, 0.5),
      },
    ] as const,
    notes: [
      'From when the broker has the start and the end of a call to a query that finds its record, four a second; looked for every 50 ms.',
      'Phases without and with the flood take turns; each begins when no message of the one before waits. One worker with all pipelines.',
      'Broker, warehouse behind the test front, PostgreSQL, producers of both and the worker share the same cores.',
    ],
    detail: { without: quiet.map(figuresOf), during: flooded.map(figuresOf) },
  }
}

const figuresOf = ({ seen, sent, seconds, latestMs: _, ...rest }: Phase) => ({
  ...{ probes: seen.length, p50: quantile(seen, 0.5), p99: quantile(seen, 0.99), sentPerSecond: sent / seconds },
  ...rest,
})

/** Ordinary traffic beside what is measured. Returns how many samples it sent. */
async function underLoad({ log }: StackInstall, signal: AbortSignal): Promise<number> {
  const load = createLoad({ seed: 1, calls: loadCalls, samplesPerSecond, startMs: Date.now() })
  await log.append([...load.starts()].map(({ topic, key, value }): NewRecord => ({ topic, key, value })))
  const { samples } = await feed({ log, load, ended: new Set(), signal })
  return samples.sent
}

async function measure({ install, chat, worker }: Bench, perSecond: number, seconds: number): Promise<Phase> {
  const { log } = install
  const flooding = new AbortController()
  const feeding = feed({ log: chat, load: activityFrom(perSecond), ended: new Set(), signal: flooding.signal })
  // What begins is not what goes on.
  await wait(3_000)
  const before = await sumsOf(worker.url)
  const watches = [watchProcess(worker.pid), watchProcess(install.front().pid)]
  const began = performance.now()
  const seen = await endsSeen(install, seconds)
  const [workerCpu = 0, warehouseCpu = 0] = watches.map(
    (watch) => (1_000 * watch.stop().cpuSeconds) / (performance.now() - began),
  )
  const after = await sumsOf(worker.url)
  const waiting = await lagOf(log, ['activity'])
  flooding.abort()
  const { samples, latestMs } = await feeding
  while ((await lagOf(log, ['activity'])) > 0) await wait(200)
  await wait(2_000)
  const mean = (name: keyof typeof delays) =>
    (after[name].sum - before[name].sum) / Math.max(1, after[name].count - before[name].count)
  return {
    ...{ seen, sent: samples.sent, seconds: samples.seconds, latestMs, waiting, workerCpu, warehouseCpu },
    ...{ settleSeconds: mean('settle'), summarySeconds: mean('summary') },
  }
}

/** From the broker to raw, and from the announcement to the record. */
const delays = {
  settle: ['callscope_pipeline_settle_seconds', 'pipeline="calls"'],
  summary: ['callscope_pipeline_summary_delay_seconds', 'urgency="now"'],
} as const

const asPrometheus = { headers: { authorization: `Bearer ${metricsTokenForTests}` } }

async function sumsOf(url: string) {
  const lines = (await (await fetch(`${url}/metrics`, asPrometheus)).text()).split('\n')
  const value = ([name, label]: readonly [string, string], part: string): number =>
    Number(lines.find((line) => line.startsWith(`${name}_${part}{`) && line.includes(label))?.split(' ')[1] ?? 0)
  const both = (of: readonly [string, string]) => ({ sum: value(of, 'sum'), count: value(of, 'count') })
  return { settle: both(delays.settle), summary: both(delays.summary) }
}

const users = 5_000

/** Chat and presence in turn, evenly from now on. */
const activityFrom = (perSecond: number) => ({
  *samples(): Generator<DueMessage> {
    const startMs = Date.now()
    const run = randomUUID()
    for (let n = 0; ; n++) {
      const atMs = startMs + (n * 1_000) / perSecond
      const tenantid = simulatedTenants[n % simulatedTenants.length]?.id
      const head = { specversion: '1.0', id: `${run}-${n}`, source: '/websocket-layer', tenantid }
      const time = new Date(atMs).toISOString()
      const about = `${n % users}`
      yield n % 2 === 0
        ? {
            ...{ topic: 'chat-events', key: about, atMs },
            value: JSON.stringify({
              ...{ ...head, time, type: 'chat.sent' },
              data: { conversation_id: `c-${about}`, message_id: `m-${n}`, size_bytes: 120 },
            }),
          }
        : {
            ...{ topic: 'presence-events', key: about, atMs },
            value: JSON.stringify({
              ...{ ...head, time, type: 'presence.changed' },
              data: { user_id: `u-${about}`, status: n % 4 === 1 ? 'online' : 'in_call' },
            }),
          }
    }
  },
})

function aCall(id: string): readonly NewRecord[] {
  const time = new Date().toISOString()
  const event = (type: string, data: object): NewRecord => ({
    topic: 'call-events',
    key: id,
    value: JSON.stringify({
      ...{ specversion: '1.0', id: `${id}-${type}`, source: '/bench', type, time, tenantid: 'acme', correlationid: id },
      data,
    }),
  })
  return [event('call.started', { from: 'a', to: 'b' }), event('call.ended', { sip_code: 200 })]
}

/** Seconds from the append of a call's start and end to the moment when a query finds its record. */
async function endsSeen(install: StackInstall, seconds: number): Promise<readonly number[]> {
  const pending = new Map<string, number>()
  const seen: number[] = []
  const untilMs = performance.now() + seconds * 1_000
  const send = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const id = `probe-${randomUUID()}`
      await install.log.append(aCall(id))
      pending.set(id, performance.now())
      await wait(250)
    }
  }
  const sending = send()
  while (performance.now() < untilMs || pending.size > 0) {
    await wait(50)
    if (pending.size === 0) continue
    const rows = await install.rows<[string]>(
      `SELECT DISTINCT id FROM calls WHERE tenant = 'acme' AND at >= now() - 600 AND is_deleted = 0 AND ended_at IS NOT NULL
         AND id IN (${[...pending.keys()].map((id) => `'${id}'`).join(', ')})`,
    )
    for (const [id] of rows) {
      seen.push((performance.now() - (pending.get(id) ?? 0)) / 1_000)
      pending.delete(id)
    }
  }
  await sending
  return seen
}

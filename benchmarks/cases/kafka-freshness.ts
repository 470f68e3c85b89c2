import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NewRecord } from '#contracts/event-log.ts'
import { createLoad } from '#simulator/index.ts'
import { openStackInstall, type StackInstall } from '#tests/stack/faults/install.ts'
import { startPrometheus } from '#tests/stack/servers/prometheus.ts'
import type { BenchCase } from '../bench-case.ts'
import { feed } from '../feed.ts'
import { quantile, wait } from '../measure.ts'

/** How long what is produced takes to be seen: in the warehouse, by a query to Prometheus, as an alert. */
export const kafkaFreshness: BenchCase = {
  name: 'kafka-freshness',
  title: 'Kafka -> seen: sample in ClickHouse, sample in Prometheus, dead letter as a firing alert',
  async run({ quick, folder, note }) {
    const seconds = quick ? 15 : 90
    const install = await openStackInstall({ folder: join(folder, 'install') })
    const own = join(folder, 'prometheus')
    await mkdir(own, { recursive: true })
    const prometheus = await startPrometheus({ folder: own })
    try {
      const worker = install.startWorker()
      await worker.ready()
      const target = JSON.stringify([{ targets: [new URL(await worker.url).host] }])
      await writeFile(join(prometheus.targets, 'callscope-bench.yaml'), target)
      const stopping = new AbortController()
      const loading = underLoad(install, stopping.signal)
      await wait(5_000)
      const visible = await markersSeen(install, seconds)
      note(`visible p50 ${quantile(visible, 0.5).toFixed(2)} s, p99 ${quantile(visible, 0.99).toFixed(2)} s`)
      stopping.abort()
      const samples = await loading
      const seen: number[] = []
      for (let round = 0; round < (quick ? 1 : 5); round++)
        seen.push(await seenByPrometheus(install, prometheus.address))
      note(`in Prometheus after ${seen.map((value) => value.toFixed(1)).join(', ')} s`)
      const alertSeconds = await untilAlert(install, prometheus.address)
      note(`alert fires after ${alertSeconds.toFixed(1)} s`)
      return {
        sizes: {
          seconds,
          calls: loadCalls,
          samplesPerSecond: loadPerSecond,
          loadSamples: samples,
          markers: visible.length,
        },
        figures: {
          visibleP50Seconds: quantile(visible, 0.5),
          visibleP99Seconds: quantile(visible, 0.99),
          visibleMaxSeconds: Math.max(...visible),
          prometheusMedianSeconds: quantile(seen, 0.5),
          prometheusMaxSeconds: Math.max(...seen),
          alertSeconds,
        },
        ratios: {},
        aims: [{ what: 'sample visible in ClickHouse, p99 s', aim: 5, better: 'less', got: quantile(visible, 0.99) }],
        notes: [
          'Broker, warehouse behind the test front, PostgreSQL, Prometheus, load and worker share the same cores.',
          'Prometheus scrapes every 5 s (deploy/prometheus/prometheus.yml) and evaluates rules every 15 s.',
          'Alert: from a message that is no message to CallscopeDeadLetters firing in Prometheus.',
        ],
      }
    } finally {
      await prometheus.stop()
      await install.close()
    }
  },
}

const loadCalls = 1_000
const loadPerSecond = 1_000

/** Ordinary traffic beside what is measured. Returns how many samples it sent. */
async function underLoad({ log }: StackInstall, signal: AbortSignal): Promise<number> {
  const load = createLoad({ seed: 1, calls: loadCalls, samplesPerSecond: loadPerSecond, startMs: Date.now() })
  await log.append([...load.starts()].map(({ topic, key, value }): NewRecord => ({ topic, key, value })))
  const { samples } = await feed({ log, load, ended: new Set(), signal })
  return samples.sent
}

function aSample(correlationId: string, data: object = {}): NewRecord {
  const time = new Date().toISOString()
  const value = {
    ...{ specversion: '1.0', id: randomUUID(), source: '/bench', type: 'quality.sample', time },
    ...{ datacontenttype: 'application/json', tenantid: 'acme', correlationid: correlationId },
    data: {
      ...{ leg_id: `leg-of-${correlationId}`, kind: 'audio', direction: 'receive', observer: 'media_server' },
      ...{
        stream_id: 'one',
        scope: 'interval',
        interval_ms: 5_000,
        codec: 'PCMA',
        packets_received: 250,
        packets_lost: 0,
      },
      ...{ jitter_ms: 4.2, round_trip_ms: 40, ...data },
    },
  }
  return { topic: 'quality-samples', key: correlationId, value: JSON.stringify(value) }
}

/** Seconds from the append of one sample to the moment when a query finds its row. */
async function markersSeen(install: StackInstall, seconds: number): Promise<readonly number[]> {
  const pending = new Map<string, number>()
  const seen: number[] = []
  const untilMs = performance.now() + seconds * 1_000
  const send = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const id = `marker-${randomUUID()}`
      pending.set(id, performance.now())
      await install.log.append([aSample(id)])
      await wait(250)
    }
  }
  const sending = send()
  while (performance.now() < untilMs || pending.size > 0) {
    await wait(50)
    if (pending.size === 0) continue
    const asked = [...pending.keys()]
    const rows = await install.rows<[string]>(
      `SELECT DISTINCT correlation_id FROM quality_samples WHERE tenant = 'acme' AND minute >= now() - 600
         AND correlation_id IN (${asked.map((id) => `'${id}'`).join(', ')})`,
    )
    for (const [id] of rows) {
      seen.push((performance.now() - (pending.get(id) ?? 0)) / 1_000)
      pending.delete(id)
    }
  }
  await sending
  return seen
}

async function ask(url: string, query: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`)
  const { data } = (await response.json()) as { data: { result: readonly { value: readonly [number, string] }[] } }
  return Number(data.result[0]?.value[1] ?? 0)
}

/** A jitter that nothing else has: of the samples above this bound there is one more as soon as it is scraped. */
const rareJitter = 'sum(callscope_call_jitter_seconds_count) - sum(callscope_call_jitter_seconds_bucket{le="0.5"})'

async function seenByPrometheus({ log }: StackInstall, url: string): Promise<number> {
  const before = await ask(url, rareJitter)
  const began = performance.now()
  await log.append([aSample(`rare-${randomUUID()}`, { jitter_ms: 900 })])
  while ((await ask(url, rareJitter)) <= before) await wait(100)
  return (performance.now() - began) / 1_000
}

async function untilAlert({ log }: StackInstall, url: string): Promise<number> {
  const firing = 'count(ALERTS{alertname="CallscopeDeadLetters", alertstate="firing"})'
  const began = performance.now()
  await log.append([{ topic: 'call-events', key: null, value: 'no message at all' }])
  while ((await ask(url, firing)) === 0) await wait(200)
  return (performance.now() - began) / 1_000
}

import type { EventLog, NewRecord } from '#contracts/event-log.ts'
import type { CallReader } from '#contracts/warehouse.ts'
import { pause } from '#pipelines/pause.ts'
import { bodyOf, simulateTraffic, type TenantWorld, type TrafficTruth } from '#simulator/index.ts'
import type { CanaryFinding } from '#sinks/prometheus/canary-metrics.ts'
import type { CanaryConfig } from './config.ts'
import { type CanaryCounts, type CanaryLook, endedCalls, type LookParts, looksOf, type Seen } from './stores.ts'

export interface RoundParts {
  readonly config: CanaryConfig
  readonly log: Pick<EventLog, 'append'>
  readonly reader: CallReader
  readonly count: (tenant: string, ids: readonly string[]) => Promise<CanaryCounts>
  readonly now: () => number
  /** A whole number of 32 bits, of no pattern: calls of two rounds must not have ids in common. */
  readonly seed: () => number
}

export interface CanaryReport {
  readonly findings: readonly CanaryFinding[]
  /** For people: what is wrong, and with which call. */
  readonly notes: readonly string[]
}

/** A good call, a bad carrier, silence in one direction, a failing service: each of these is told apart by its record. */
const scenarios = ['healthy', 'carrier_loss', 'one_way_audio', 'platform_span_failure'] as const
/** Ended long enough ago to be settled when all has come, and recent enough for every edge. */
const agoMs = 45 * 60_000
const lookEveryMs = 500
const messagesAtOnce = 500

/** Sends one round of calls and looks for them until all is there or time is up. Throws when the log takes nothing. */
export async function playRound(parts: RoundParts, signal: AbortSignal): Promise<CanaryReport> {
  const { config, now } = parts
  const prometheus = await prometheusBefore(config)
  const truth = await send(parts)
  const sentMs = now()
  const untilMs = sentMs + config.withinSeconds * 1_000
  const looks = looksOf({
    ...{ tenant: config.tenant, reader: parts.reader, count: parts.count },
    ...(prometheus === undefined ? {} : { prometheus }),
  })
  const results = await Promise.all(looks.map((look) => watch(look, truth, { sentMs, untilMs, now, signal })))
  return {
    findings: results.map(({ seen, seconds }, at): CanaryFinding => {
      const { expected, missing, duplicate, wrong } = seen
      const late = seconds !== undefined && seconds > config.withinSeconds / 3
      return { store: (looks[at] as CanaryLook).store, expected, missing, duplicate, wrong, late, seconds }
    }),
    notes: results.flatMap(({ seen }, at) => seen.notes.map((note) => `${looks[at]?.store}: ${note}`)),
  }
}

/** What Prometheus counted so far. One that is away must not keep the round from looking into the other stores. */
async function prometheusBefore({ prometheusUrl: url, tenant }: CanaryConfig): Promise<LookParts['prometheus']> {
  if (url === undefined) return undefined
  return { url, before: await endedCalls(url, tenant).catch(() => undefined) }
}

/** A customer that is nobody's, on a platform like the simulated one. */
const worldOf = (tenant: string): TenantWorld => ({
  ...{ id: tenant, name: 'Canary', regions: ['eu-west'], carriers: ['canary-carrier'], queues: ['canary'] },
})

async function send({ config, log, now, seed }: RoundParts): Promise<TrafficTruth> {
  const { calls, tenant } = config
  const worlds = [worldOf(tenant)]
  const traffic = simulateTraffic({
    ...{ seed: seed(), calls, startMs: now() - agoMs, concurrent: calls, worlds, scenarios, faults: 'none' },
  })
  let records: NewRecord[] = []
  for (const message of traffic.messages) {
    const { topic, key, headers } = message
    records.push({ topic, key, headers, value: bodyOf(message) })
    if (records.length < messagesAtOnce) continue
    await log.append(records)
    records = []
  }
  await log.append(records)
  return traffic.truth()
}

interface Watch {
  readonly sentMs: number
  readonly untilMs: number
  readonly now: () => number
  readonly signal: AbortSignal
}

/** Looks until all is there, or until time is up. A store that cannot be asked is one where everything is missing. */
async function watch(look: CanaryLook, truth: TrafficTruth, { sentMs, untilMs, now, signal }: Watch) {
  for (;;) {
    const seen = await look.look(truth).catch((error: unknown) => unreadable(truth, error))
    const whole = seen.missing + seen.duplicate + seen.wrong === 0
    if (whole) return { seen, seconds: (now() - sentMs) / 1_000 }
    if (now() >= untilMs || signal.aborted) return { seen, seconds: undefined }
    await pause(lookEveryMs, signal)
  }
}

const unreadable = ({ calls }: TrafficTruth, error: unknown): Seen => ({
  ...{ expected: calls.length, missing: calls.length, duplicate: 0, wrong: 0 },
  notes: [`could not be asked: ${error instanceof Error ? error.message : 'unknown error'}`],
})

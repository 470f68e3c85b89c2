import { z } from 'zod'
import type { CallReader, WholeCall } from '#contracts/warehouse.ts'
import { differences, type TrafficTruth } from '#simulator/index.ts'
import type { CanaryStore } from '#sinks/prometheus/canary-metrics.ts'

/** What a store holds of one round, against what it should. */
export interface Seen {
  readonly expected: number
  readonly missing: number
  readonly duplicate: number
  readonly wrong: number
  /** In words, for people: the first things that are wrong. */
  readonly notes: readonly string[]
}

export interface CanaryLook {
  readonly store: CanaryStore
  look(truth: TrafficTruth): Promise<Seen>
}

export interface LookParts {
  readonly tenant: string
  readonly reader: CallReader
  /** Live rows that hold any of these correlation ids, and raw rows under them. */
  readonly count: (tenant: string, ids: readonly string[]) => Promise<CanaryCounts>
  /** `before`: what it had counted before the round; undefined: it could not be asked. */
  readonly prometheus?: { readonly url: string; readonly before: number | undefined } | undefined
}

export interface CanaryCounts {
  readonly samples: number
  readonly callEvents: number
  readonly cdrEvents: number
  /** Live records for each correlation id. */
  readonly records: ReadonlyMap<string, number>
}

const maxNotes = 5

/** One look for each store, each by a query that a person could have made. */
export function looksOf(parts: LookParts): readonly CanaryLook[] {
  const wholes = async ({ calls }: TrafficTruth) =>
    Promise.all(calls.map(async (truth) => ({ truth, whole: await parts.reader.whole(parts.tenant, truth.id) })))
  const telemetry = (store: 'logs' | 'traces'): CanaryLook => ({
    store,
    async look(truth) {
      const counts = (await wholes(truth)).map(({ truth: call, whole }) => lookAtTelemetry(store, call, whole))
      return compared(counts)
    },
  })
  return [
    { store: 'raw', look: (truth) => lookAtRaw(parts, truth) },
    {
      store: 'records',
      async look(truth) {
        const { records } = await parts.count(parts.tenant, idsOf(truth))
        return lookAtRecords(await wholes(truth), records)
      },
    },
    telemetry('logs'),
    telemetry('traces'),
    ...(parts.prometheus === undefined ? [] : [prometheusLook(parts.prometheus, parts.tenant)]),
  ]
}

/** Throws when the store could not be read: that is no statement about what it holds. */
function lookAtTelemetry(store: 'logs' | 'traces', call: TrafficTruth['calls'][number], whole: WholeCall | undefined) {
  const state = store === 'logs' ? whole?.telemetry.logs : whole?.telemetry.spans
  if (state !== undefined && state !== 'ok') throw new Error(`the store could not be read: ${state}`)
  return store === 'logs'
    ? { expected: call.distinct.logs, found: whole?.logs.length ?? 0 }
    : { expected: call.distinct.spans, found: whole?.spans.length ?? 0 }
}

const idsOf = ({ calls }: TrafficTruth): readonly string[] => calls.flatMap(({ correlationIds }) => correlationIds)

function compared(counts: readonly { readonly expected: number; readonly found: number }[]): Seen {
  const total = (of: (count: { readonly expected: number; readonly found: number }) => number): number =>
    counts.reduce((sum, count) => sum + of(count), 0)
  return {
    expected: total(({ expected }) => expected),
    missing: total(({ expected, found }) => Math.max(0, expected - found)),
    duplicate: total(({ expected, found }) => Math.max(0, found - expected)),
    wrong: 0,
    notes: [],
  }
}

async function lookAtRaw({ count, tenant }: LookParts, truth: TrafficTruth): Promise<Seen> {
  const counts = await count(tenant, idsOf(truth))
  const sum = (kind: 'samples' | 'callEvents' | 'cdrEvents') =>
    truth.calls.reduce((total, { distinct }) => total + distinct[kind], 0)
  return compared(
    (['samples', 'callEvents', 'cdrEvents'] as const).map((kind) => ({ expected: sum(kind), found: counts[kind] })),
  )
}

interface Judged {
  readonly truth: TrafficTruth['calls'][number]
  readonly whole: WholeCall | undefined
}

function lookAtRecords(judged: readonly Judged[], records: ReadonlyMap<string, number>): Seen {
  const wrong = judged.flatMap(({ truth, whole }) => {
    const found = whole === undefined ? [] : differences(whole.record, truth)
    return found.length === 0 ? [] : [`${truth.id} (${truth.scenario}): ${found.join('; ')}`]
  })
  return {
    expected: judged.length,
    missing: judged.filter(({ whole }) => whole === undefined).length,
    duplicate: [...records.values()].reduce((sum, live) => sum + Math.max(0, live - 1), 0),
    wrong: wrong.length,
    notes: wrong.slice(0, maxNotes),
  }
}

/**
 * Calls that the workers counted as ended. They may count one twice after a replay, so more is not wrong; a worker that
 * started anew meanwhile counts from 0, so that less than before says nothing.
 */
function prometheusLook({ url, before }: NonNullable<LookParts['prometheus']>, tenant: string): CanaryLook {
  return {
    store: 'metrics',
    async look({ calls }) {
      if (before === undefined) throw new Error('it did not answer when the round began')
      const risen = (await endedCalls(url, tenant)) - before
      if (risen < 0) return { ...compared([]), notes: ['a worker has started anew: its counts say nothing'] }
      return compared([{ expected: calls.length, found: Math.min(calls.length, risen) }])
    },
  }
}

const answer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
})

/** What Prometheus says now of the tenant's ended calls, over all workers. */
export async function endedCalls(url: string, tenant: string): Promise<number> {
  const query = `sum(callscope_calls_total{tenant="${tenant}"}) or vector(0)`
  const response = await fetch(new URL(`/api/v1/query?${new URLSearchParams({ query })}`, url), {
    signal: AbortSignal.timeout(10_000),
  })
  if (!response.ok) throw new Error(`Prometheus answered ${response.status}`)
  return Number(answer.parse(await response.json()).data.result[0]?.value[1] ?? 0)
}

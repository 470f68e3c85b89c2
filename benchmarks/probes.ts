import type { ClickHouseClient } from '@clickhouse/client'
import type { EventLog, NewRecord } from '#contracts/event-log.ts'
import type { Load } from '#simulator/index.ts'
import { rowsOf } from '#warehouse/client.ts'
import { momentsParam, momentText } from '#warehouse/read/conditions.ts'
import type { LoadCall } from './load-calls.ts'
import { wait } from './measure.ts'

/** What is appended, and what must then be seen in `calls`. Each call is used once. */
export const probeKinds = ['event', 'hold', 'end', 'class'] as const
export type ProbeKind = (typeof probeKinds)[number]

interface Pending {
  readonly kind: ProbeKind
  readonly call: LoadCall
  readonly askedMs: number
}

export interface Probes {
  /** Sends one of each kind, of calls that still have none. */
  send(): Promise<void>
  /** Looks again and again until stopped and nothing is pending, or for so long after that. */
  watch(signal: AbortSignal, patienceMs: number): Promise<void>
  readonly seenMs: Readonly<Record<ProbeKind, readonly number[]>>
  readonly pending: number
}

const lookEveryMs = 200
/** Every call of the load was started and answered. */
const eventsBefore = 2

export interface ProbeParts {
  readonly log: Pick<EventLog, 'append'>
  readonly client: ClickHouseClient
  readonly load: Load
  readonly calls: readonly LoadCall[]
  /** Calls that are good now, by id: only of these can a bad sample change the class. */
  readonly good: ReadonlySet<string>
  /** Told before a call is ended, so that nobody sends samples of it any more. */
  readonly onEnd: (call: LoadCall) => void
}

export function createProbes({ log, client, load, calls, good, onEnd }: ProbeParts): Probes {
  const waiting = new Map<string, Pending>()
  const seenMs: Record<ProbeKind, number[]> = { event: [], hold: [], end: [], class: [] }
  // Old and young calls in turn: they are in order of age. The last of them come first, in steps prime to their number.
  const order = calls.map((_, at) => (at * 7_919) % calls.length)
  const used = new Set<number>()
  let turn = 0

  function pick(kind: ProbeKind): number | undefined {
    for (; turn < 10 * order.length; turn++) {
      const at = order[turn % order.length] ?? 0
      const call = calls[at]
      if (used.has(at) || call === undefined || (kind === 'class' && !good.has(call.id))) continue
      used.add(at)
      return at
    }
    return undefined
  }

  return {
    seenMs,
    get pending() {
      return waiting.size
    },
    async send() {
      const atMs = Date.now()
      const records: NewRecord[] = []
      for (const kind of probeKinds) {
        const at = pick(kind)
        const call = at === undefined ? undefined : calls[at]
        if (at === undefined || call === undefined) continue
        if (kind === 'end') onEnd(call)
        const { topic, key, value } = kind === 'end' ? load.end(at, atMs) : messageOf(kind, call, atMs)
        records.push({ topic, key, value })
        waiting.set(call.id, { kind, call, askedMs: performance.now() })
      }
      await log.append(records)
    },
    async watch(signal, patienceMs) {
      let stopAt = Number.POSITIVE_INFINITY
      signal.addEventListener('abort', () => {
        stopAt = performance.now() + patienceMs
      })
      while (performance.now() < stopAt && !(signal.aborted && waiting.size === 0)) {
        await wait(lookEveryMs)
        for (const id of await visible(client, [...waiting.values()])) {
          const probe = waiting.get(id)
          if (probe === undefined) continue
          seenMs[probe.kind].push(performance.now() - probe.askedMs)
          waiting.delete(id)
        }
      }
    },
  }
}

async function visible(client: ClickHouseClient, pending: readonly Pending[]): Promise<readonly string[]> {
  if (pending.length === 0) return []
  const rows = await rowsOf<[string, number, number, string]>(
    client,
    `SELECT id, event_count, isNotNull(ended_at), class FROM calls FINAL
     WHERE tenant IN {tenants:Array(String)} AND at IN ${momentsParam('ats')} AND id IN {ids:Array(String)} AND is_deleted = 0`,
    {
      tenants: [...new Set(pending.map(({ call }) => call.tenant))],
      ats: pending.map(({ call }) => momentText(call.startedMs)),
      ids: pending.map(({ call }) => call.id),
    },
  )
  const kinds = new Map(pending.map(({ kind, call }) => [call.id, kind]))
  const shows = ([id, events, ended, verdict]: (typeof rows)[number]): boolean => {
    const kind = kinds.get(id)
    if (kind === 'end') return ended === 1
    return kind === 'class' ? verdict === 'poor' : events > eventsBefore
  }
  return rows.filter(shows).map(([id]) => id)
}

function messageOf(kind: 'event' | 'hold' | 'class', call: LoadCall, atMs: number) {
  const event = (type: string, data: Readonly<Record<string, string | number>>) =>
    JSON.stringify({
      specversion: '1.0',
      id: `probe-${call.callId}-${kind}`,
      source: '/bench',
      type,
      time: new Date(atMs).toISOString(),
      tenantid: call.tenant,
      correlationid: call.id,
      data: { call_id: call.callId, ...data },
    })
  if (kind !== 'class') {
    const value = event(kind === 'hold' ? 'call.held' : 'call.recording_stopped', {})
    return { topic: 'call-events', key: call.id, value }
  }
  // What another observer saw on the other leg: ten bad seconds make a stream poor, however long the call.
  const value = event('quality.sample', {
    ...{ leg_id: `${call.callId}-leg-b`, observer: 'browser', direction: 'receive', codec: call.codec },
    ...{ interval_ms: 10_000, packets_received: 350, packets_lost: 150, jitter_ms: 12, round_trip_ms: 60 },
  })
  return { topic: 'quality-samples', key: call.id, value }
}

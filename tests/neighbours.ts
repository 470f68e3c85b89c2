import { setTimeout as sleep } from 'node:timers/promises'
import { type Program, startProgram } from './browser/program.ts'

/** An install of the program with several tenants, of which some may flood it. */
export interface Neighbours {
  readonly program: Program
  /** Sends one good call that has ended; returns the status. */
  sendCall(tenant: string, id: string): Promise<number>
  /** Calls of a tenant that have a record with a class, the last thousand. */
  look(tenant: string): Promise<ReadonlySet<string>>
  /** Waits until these calls of a tenant have a record with a class; returns when each was seen, by the steady clock. */
  seen(tenant: string, ids: readonly string[], withinMs: number): Promise<ReadonlyMap<string, number>>
  /** Sends batches of calls one after another until stopped, as fast as they are taken and heeding no Retry-After. */
  flood(tenant: string, signal: AbortSignal): Flood
  /** Calls of a tenant that have a record. */
  recordsOf(tenant: string): Promise<number>
  metrics(): Promise<string>
  close(): Promise<void>
}

export interface Flood {
  /** Ids of calls that were answered with 202. */
  readonly accepted: number
  readonly refused: number
  /** What Retry-After said last. */
  readonly retryAfter: string | null
  readonly ended: Promise<void>
}

const callsOfBatch = 500
const lookEveryMs = 200

export async function openNeighbours(tenants: readonly string[]): Promise<Neighbours> {
  const program = await startProgram({ tenants })
  const keys = new Map<string, string>()
  for (const tenant of tenants) keys.set(tenant, await keyOf(program, tenant))
  const send = (tenant: string, events: readonly object[]) =>
    fetch(`${program.url}/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${keys.get(tenant)}`,
        'content-type': 'application/cloudevents-batch+json',
      },
      body: JSON.stringify(events),
    })

  async function read(path: string, tenant?: string): Promise<Response> {
    const answer = await fetch(`${program.url}${path}`, {
      headers: {
        authorization: `Bearer ${program.token}`,
        ...(tenant === undefined ? {} : { 'callscope-tenant': tenant }),
      },
    })
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
    return answer
  }

  async function look(tenant: string): Promise<ReadonlySet<string>> {
    const { calls } = (await (await read('/api/calls?limit=1000&since=1h', tenant)).json()) as CallsAnswer
    return new Set(calls.flatMap(({ id, class: is }) => (is === 'unclassified' ? [] : [id])))
  }

  return {
    program,
    look,
    async sendCall(tenant, id) {
      const answer = await send(tenant, eventsOf(id, { lost: 0 }))
      await answer.arrayBuffer()
      return answer.status
    },
    async seen(tenant, ids, withinMs) {
      const found = new Map<string, number>()
      const until = performance.now() + withinMs
      while (found.size < ids.length && performance.now() < until) {
        const there = await look(tenant)
        for (const id of ids) if (there.has(id) && !found.has(id)) found.set(id, performance.now())
        if (found.size < ids.length) await sleep(lookEveryMs)
      }
      return found
    },
    flood: (tenant, signal) => startFlood(tenant, (events) => send(tenant, events), signal),
    async recordsOf(tenant) {
      const query = `SELECT count() FROM calls FINAL WHERE tenant = '${tenant}' AND is_deleted = 0`
      const answer = await fetch(`${program.url}/api/sql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${program.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      })
      return Number(((await answer.json()) as { rows: readonly (readonly unknown[])[] }).rows[0]?.[0])
    },
    metrics: async () => (await read('/metrics')).text(),
    close: program.remove,
  }
}

interface CallsAnswer {
  readonly calls: readonly { readonly id: string; readonly class: string }[]
}

async function keyOf(program: Program, tenant: string): Promise<string> {
  const said = await program.command('keys', 'create', '--tenant', tenant, '--role', 'ingest', '--json')
  return (JSON.parse(said) as { key: string }).key
}

let floods = 0

function startFlood(
  tenant: string,
  send: (events: readonly object[]) => Promise<Response>,
  signal: AbortSignal,
): Flood {
  const name = `${tenant}-${floods++}`
  const counts = { accepted: 0, refused: 0, retryAfter: null as string | null }
  async function run(): Promise<void> {
    for (let batch = 0; !signal.aborted; batch++) {
      const events = Array.from({ length: callsOfBatch }, (_, at) => eventsOf(`${name}-${batch}-${at}`, { lost: 30 }))
      const answer = await send(events.flat())
      await answer.arrayBuffer()
      if (answer.status === 202) counts.accepted += callsOfBatch
      else if (answer.status === 429) {
        counts.refused += 1
        counts.retryAfter = answer.headers.get('retry-after')
      } else throw new Error(`a flood was answered with ${answer.status}`)
    }
  }
  return Object.assign(counts, { ended: run() })
}

/** A call of half a minute that ended just now, with a sample of its last ten seconds. */
function eventsOf(id: string, { lost }: { readonly lost: number }): readonly object[] {
  const nowMs = Date.now()
  const event = (type: string, agoMs: number, data: object = {}) => ({
    ...{ specversion: '1.0', id: `${id}-${type}`, source: '/neighbours', type, correlationid: id, data },
    time: new Date(nowMs - agoMs).toISOString(),
  })
  const sample = {
    ...{ observer: 'sbc', direction: 'receive', codec: 'PCMA', interval_ms: 10_000 },
    ...{ packets_received: 500 - lost, packets_lost: lost },
  }
  return [
    event('call.started', 30_000),
    event('call.answered', 29_000),
    event('quality.sample', 2_000, sample),
    event('call.ended', 500),
  ]
}

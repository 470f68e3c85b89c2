import { createHash } from 'node:crypto'
import { bytesOf, type EventLog } from '#contracts/event-log.ts'
import type { TrafficTruth } from '#simulator/index.ts'
import { openEnvelope } from '#sinks/dead-letter/envelope.ts'
import { readDeadLetter } from '#sinks/dead-letter/read.ts'
import type { Harness } from '../harness.ts'

/** What became of the distinct identities of one kind. */
export interface Account {
  readonly kind: string
  readonly sent: number
  readonly kept: number
}

/** Kinds of raw rows, by their name in the truth. */
const tables = {
  samples: 'quality_samples',
  callEvents: 'call_events',
  cdrEvents: 'cdr_records',
  auditEvents: 'audit_log',
  activityEvents: 'activity_events',
  logs: 'otel_logs',
  spans: 'otel_traces',
} as const

type Kind = keyof typeof tables

/** How many identities of a kind a store holds, where that is not the warehouse. */
export type CountElsewhere = Partial<Readonly<Record<Kind, () => Promise<number>>>>

/** distinct(stored) + distinct(dead-lettered) against distinct(input), kind by kind. */
export async function accountFor(
  harness: Pick<Harness, 'rows'> & { readonly log: Pick<EventLog, 'read' | 'extent'> },
  { totals }: TrafficTruth,
  elsewhere: CountElsewhere = {},
): Promise<readonly Account[]> {
  const counted = async (kind: Kind): Promise<number> =>
    (await harness.rows<[number]>(`SELECT count() FROM ${tables[kind]} FINAL`))[0]?.[0] ?? 0
  const stored: Account[] = []
  for (const kind of Object.keys(tables) as Kind[]) {
    stored.push({ kind, sent: totals.distinct[kind], kept: await (elsewhere[kind]?.() ?? counted(kind)) })
  }
  const dead = await deadLetters(harness.log)
  const reasons = [...new Set([...Object.keys(totals.dead), ...dead.keys()])].sort()
  return [
    ...stored,
    ...reasons.map((reason) => ({
      kind: `dead: ${reason}`,
      sent: (totals.dead as Readonly<Record<string, number>>)[reason] ?? 0,
      kept: dead.get(reason)?.size ?? 0,
    })),
  ]
}

/** Distinct bodies in the dead-letter topic, by reason. A producer that tells a message again makes another letter of one body. */
async function deadLetters(log: Pick<EventLog, 'read' | 'extent'>): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const found = new Map<string, Set<string>>()
  for (const { partition, start } of await log.extent('dead-letter'))
    await readLetters(log, { partition, start }, found)
  return found
}

async function readLetters(
  log: Pick<EventLog, 'read'>,
  { partition, start }: { readonly partition: number; readonly start: number },
  found: Map<string, Set<string>>,
): Promise<void> {
  for (let offset = start; ; ) {
    const records = await log.read({ topic: 'dead-letter', partition, offset }, 1_000)
    for (const record of records) {
      const reason = readDeadLetter(record)?.reason ?? 'no letter of ours'
      const body = createHash('sha256')
        .update(openEnvelope(bytesOf(record))?.body ?? record.value)
        .digest('hex')
      found.set(reason, (found.get(reason) ?? new Set()).add(body))
      offset = record.offset + 1
    }
    if (records.length === 0) return
  }
}

/** Calls that hold more or fewer samples or events than were sent of them: `lost` and `doubled` in all. */
export async function compareCalls(
  harness: Pick<Harness, 'rows'>,
  { calls }: TrafficTruth,
): Promise<readonly Account[]> {
  const counted = async (table: string) =>
    new Map(
      await harness.rows<[string, number]>(
        `SELECT concat(toString(tenant), '/', correlation_id), count() FROM ${table} FINAL GROUP BY 1`,
      ),
    )
  const samples = await counted(tables.samples)
  const events = await counted(tables.callEvents)
  const of = (counts: ReadonlyMap<string, number>, tenant: string, ids: readonly string[]) =>
    ids.reduce((sum, id) => sum + (counts.get(`${tenant}/${id}`) ?? 0), 0)
  return calls.flatMap(({ tenant, id, correlationIds, distinct }) => [
    { kind: `samples of ${id}`, sent: distinct.samples, kept: of(samples, tenant, correlationIds) },
    { kind: `events of ${id}`, sent: distinct.callEvents, kept: of(events, tenant, correlationIds) },
  ])
}

export const lostOf = (accounts: readonly Account[]): number =>
  accounts.reduce((sum, { sent, kept }) => sum + Math.max(0, sent - kept), 0)

export const doubledOf = (accounts: readonly Account[]): number =>
  accounts.reduce((sum, { sent, kept }) => sum + Math.max(0, kept - sent), 0)

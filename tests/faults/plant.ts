import type { DifferenceKind } from '#contracts/audit.ts'
import type { Harness } from '../harness.ts'

/** One thing that is wrong on purpose, and how the auditor must put it. */
interface Plant {
  readonly what: string
  readonly kind: DifferenceKind
  /** Statement that plants it on one call. */
  readonly statement: (call: PlantedCall) => string
}

interface PlantedCall {
  readonly tenant: string
  readonly id: string
}

const now = 'SETTINGS mutations_sync = 2'
const ofId = ({ tenant, id }: PlantedCall) => `tenant = '${tenant}' AND correlation_id = '${id}'`
/** One minute of a call that has samples in it. */
const aMinute = (call: PlantedCall) =>
  `${ofId(call)} AND minute = (SELECT max(minute) FROM call_minutes WHERE ${ofId(call)} AND scope = 'interval')`

const plants: readonly Plant[] = [
  {
    what: 'deleted raw row',
    kind: 'minute',
    statement: (call) => `ALTER TABLE quality_samples DELETE WHERE ${aMinute(call)} AND interval_end = (
        SELECT max(interval_end) FROM quality_samples WHERE ${ofId(call)} AND scope = 'interval') ${now}`,
  },
  {
    what: 'changed raw row',
    kind: 'minute',
    statement: (call) => `INSERT INTO quality_samples
      SELECT * REPLACE (toUInt16(65535) AS checksum, ifNull(packets_lost, 0) + 100 AS packets_lost)
      FROM quality_samples FINAL WHERE ${ofId(call)} AND scope = 'interval' LIMIT 1`,
  },
  {
    what: 'deleted minutes',
    kind: 'minute',
    statement: (call) => `ALTER TABLE call_minutes DELETE WHERE ${aMinute(call)} ${now}`,
  },
  {
    what: 'changed minute',
    kind: 'changed_record',
    statement: (call) =>
      `ALTER TABLE call_minutes UPDATE packets_received = packets_received + 1000 WHERE ${aMinute(call)} ${now}`,
  },
  {
    what: 'changed record',
    kind: 'changed_record',
    statement: ({
      tenant,
      id,
    }) => `ALTER TABLE calls UPDATE record = replace(record, '"state":"settled"', '"state":"open"')
      WHERE tenant = '${tenant}' AND id = '${id}' ${now}`,
  },
  {
    what: 'deleted record',
    kind: 'missing_record',
    statement: ({ tenant, id }) => `ALTER TABLE calls DELETE WHERE tenant = '${tenant}' AND id = '${id}' ${now}`,
  },
  {
    what: 'second record',
    kind: 'second_record',
    statement: ({ tenant, id }) => `INSERT INTO calls SELECT * REPLACE (addMinutes(at, 90) AS at)
      FROM calls FINAL WHERE tenant = '${tenant}' AND id = '${id}' AND is_deleted = 0`,
  },
]

export interface Planted {
  readonly what: string
  readonly found: boolean
}

/** Plants each fault on a call of its own, and tells which of them the auditor sees. */
export async function plantAndAudit(harness: Harness): Promise<readonly Planted[]> {
  const victims = await plantFaults(harness)
  const seen = await harness.auditor.round()
  const strange = seen.filter(({ id }) => !victims.some((victim) => victim.id === id))
  return [
    ...plants.map(({ what, kind }, at) => ({
      what,
      found: seen.some((difference) => difference.kind === kind && difference.id === victims[at]?.id),
    })),
    { what: 'nothing else', found: strange.length === 0 },
  ]
}

/** Plants each fault on a call of its own: those calls. */
export async function plantFaults(harness: Harness): Promise<readonly PlantedCall[]> {
  const victims = await callsWithMedia(harness, plants.length)
  for (const [at, { statement }] of plants.entries()) {
    const victim = victims[at]
    if (victim === undefined) throw new Error(`too few calls to plant ${plants.length} faults`)
    await harness.warehouse.command({ query: statement(victim) })
  }
  return victims
}

/** Answered calls under one id each, whose streams somebody measured interval by interval. */
async function callsWithMedia({ rows }: Harness, count: number): Promise<readonly PlantedCall[]> {
  const found = await rows<[string, string]>(
    `SELECT tenant, id FROM calls FINAL WHERE is_deleted = 0 AND length(members) = 1 AND disposition = 'answered'
       AND (tenant, id) IN (SELECT tenant, correlation_id FROM call_minutes WHERE scope = 'interval' AND packets_received > 0)
     ORDER BY id LIMIT ${count}`,
  )
  return found.map(([tenant, id]) => ({ tenant, id }))
}

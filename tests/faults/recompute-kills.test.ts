import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CallRecord } from '#contracts/call-record.ts'
import { linkedPair, wholePair } from './linked-pair.ts'
import type { WorkerOrder } from './recompute-worker.ts'
import { type Write, writes } from './writes.ts'

type Moment = readonly ['before' | 'during' | 'after', Write]

/** Between every two writes, and in the middle of one. */
const moments: readonly Moment[] = [
  ...writes.slice(1).map((write) => ['before', write] as const),
  ['during', 'records and tombstones'],
  ['after', 'commit'],
]
const startMs = Date.now() - 3 * 3_600_000
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'callscope-recompute-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs one process to its end. Answers with how it ended and what it told. */
async function live(order: WorkerOrder) {
  const child = fork(join(import.meta.dirname, 'recompute-worker.ts'), [JSON.stringify(order)])
  let records: readonly CallRecord[] = []
  child.on('message', (message) => {
    records = message as readonly CallRecord[]
  })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return { ended: signal ?? code, records }
}

/** A record without what is the tenant's own: the ids it was given for their shards. */
function plain(record: CallRecord | undefined, tenant: string): unknown {
  const { first } = linkedPair(tenant, startMs)
  return JSON.parse(
    JSON.stringify(record ?? null)
      .replaceAll(`"${first}"`, '"first"')
      .replaceAll(tenant, 'tenant'),
  )
}

/** One process after the other on one folder: each is killed at its moment, and the next ends its work. */
async function liveThrough(own: readonly Moment[], name: string) {
  const tenants = own.map((_, at) => `${name}-${at}`)
  const outcomes: { readonly moment: string; readonly records: readonly CallRecord[]; readonly tenant: string }[] = []
  for (const [at, moment] of [...own, undefined].entries()) {
    const told = tenants[at - 1]
    const played = moment === undefined ? undefined : { tenant: tenants[at] ?? '', when: moment[0], write: moment[1] }
    const { ended, records } = await live({ folder: join(folder, name), tenants, startMs, told, played })
    expect([moment?.join(' '), ended]).toEqual([moment?.join(' '), moment === undefined ? 0 : 'SIGKILL'])
    if (told !== undefined) outcomes.push({ moment: own[at - 1]?.join(' ') ?? '', records, tenant: told })
  }
  return outcomes
}

test('killed at any write of a recompute, two linked calls become one record that holds everything', async () => {
  const half = moments.length >> 1
  const chains = [liveThrough(moments.slice(0, half), 'one'), liveThrough(moments.slice(half), 'two')]
  const outcomes = (await Promise.all(chains)).flat()
  expect(outcomes.map(({ moment }) => moment)).toEqual(moments.map((moment) => moment.join(' ')))
  const [control] = outcomes.map(({ records, tenant }) => plain(records[0], tenant))
  for (const { moment, records, tenant } of outcomes) {
    expect([moment, records.map(({ correlationIds }) => correlationIds)]).toEqual([moment, [membersOf(tenant)]])
    expect([moment, figuresOf(records)]).toEqual([moment, wholePair])
    expect([moment, plain(records[0], tenant)]).toEqual([moment, control])
  }
}, 240_000)

function membersOf(tenant: string): readonly string[] {
  const { first, second } = linkedPair(tenant, startMs)
  return [first, second]
}

function figuresOf(records: readonly CallRecord[]) {
  const streams = records.flatMap((record) => record.streams)
  const packets = (scope: string) =>
    streams.reduce((sum, stream) => sum + (stream.scope === scope ? (stream.packetsReceived ?? 0) : 0), 0)
  const events = records.reduce((sum, { eventCount }) => sum + eventCount, 0)
  return { events, packets: packets('interval'), cumulativePackets: packets('cumulative') }
}

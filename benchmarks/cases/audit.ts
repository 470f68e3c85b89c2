import type { ClickHouseClient } from '@clickhouse/client'
import { recomputeParts } from '#app/compose/recompute-parts.ts'
import type { AuditMarks, Difference } from '#contracts/audit.ts'
import type { Sweep } from '#pipelines/audit-sweeps/round.ts'
import { createSweeps } from '#pipelines/audit-sweeps/sweeps.ts'
import { defaultAuditorPace } from '#pipelines/auditor.ts'
import { defaultPatience } from '#pipelines/summaries/fold.ts'
import { foldAgain } from '#pipelines/summaries/recompute.ts'
import { createLoad } from '#simulator/index.ts'
import { createAuditReader } from '#warehouse/audit/audit-reader.ts'
import { rowsOf, run } from '#warehouse/client.ts'
import { createCallWriter } from '#warehouse/summaries/call-writer.ts'
import type { BenchCase, CaseOptions } from '../bench-case.ts'
import { type Install, openInstall } from '../install.ts'
import { callsOf } from '../load-calls.ts'
import { median, secondsOf } from '../measure.ts'
import { countRowsRead } from '../rows-read.ts'
import { seedSamples } from '../seed-warehouse.ts'

const intervalMs = 5_000
const samplesPerCall = 100
const dayMs = 86_400_000

interface Sizes {
  readonly made: number
  /** Each call stands so many times, under other ids, a day earlier each. */
  readonly copies: number
}

/** What the auditor reads at each look, among months of calls and among a few. */
export const audit: BenchCase = {
  name: 'audit',
  title: 'rows that each look of the auditor reads',
  async run({ quick, folder, note }) {
    const sizes: Sizes = quick ? { made: 500, copies: 2 } : { made: 20_000, copies: 10 }
    const install = await openInstall(folder)
    await make(install, sizes, note)
    const among = await lookAround(install, note)
    await copyCalls(install.warehouse, sizes, note)
    const held = await heldBy(install.warehouse)
    const looks = await lookAround(install, note)
    await install.stop()
    const mostOf = ({ rows }: Looks) => Math.max(...rows)
    const figures = Object.fromEntries(
      looks.flatMap(({ name, rows, seconds }) => [
        [`${name}Looks`, rows.length],
        [`${name}RowsMedian`, median(rows)],
        [`${name}RowsMost`, Math.max(...rows)],
        [`${name}RowsMostAmongOneDay`, Math.max(...(among.find((one) => one.name === name)?.rows ?? [0]))],
        [`${name}SecondsMost`, Math.max(...seconds)],
      ]),
    )
    const most = Math.max(...looks.map(mostOf))
    return {
      sizes: { ...sizes, ...held },
      figures: { ...figures, differences: looks.reduce((sum, { found }) => sum + found, 0) },
      ratios: {
        mostRowsToRowsHeld: most / Object.values(held).reduce((sum, rows) => sum + rows, 0),
        mostRowsToThoseAmongOneDay: most / Math.max(...among.map(mostOf)),
      },
      aims: [{ what: 'rows read by one look, most', aim: 20_000_000, better: 'less', got: most }],
      notes: [
        'A whole round of every sweep with its default bounds; rows as the engine states them, of all queries of a look, refolding included.',
        'Copies of calls are whole (raw, minutes, events, records, places); their records hold the ids of the originals, so that folding finds them changed, which is not counted among the differences.',
      ],
    }
  },
}

async function make({ warehouse, log, ...install }: Install, { made }: Sizes, note: CaseOptions['note']) {
  const load = createLoad({ seed: 6, calls: made, startMs: Date.now() - 300_000, oldestMs: dayMs / 2 })
  const calls = callsOf(load)
  note(`laying ${made * samplesPerCall} samples of ${made} calls into raw`)
  await seedSamples(warehouse, { calls, perStream: () => samplesPerCall / 2, intervalMs })
  const ends = calls.map(({ startedMs }, at) => load.end(at, startedMs + 8_000 + (samplesPerCall / 2) * intervalMs))
  const events = [...load.starts(), ...ends].map(({ topic, key, value }) => ({ topic, key, value }))
  for (let from = 0; from < events.length; from += 5_000) await log.append(events.slice(from, from + 5_000))
  const pipelines = await install.startPipelines()
  await pipelines.drained()
  await pipelines.stop()
}

async function copyCalls(warehouse: ClickHouseClient, { copies }: Sizes, note: CaseOptions['note']): Promise<void> {
  note('copying')
  for (let copy = 1; copy < copies; copy++) await copyAll(warehouse, copy)
  note('merging')
  // As months are in the end: what comes together lies far apart, and nothing is passed over for its age.
  for (const table of ['call_minutes', 'call_events', 'calls', 'call_keys'])
    await run(warehouse, `OPTIMIZE TABLE ${table} FINAL`)
}

/** Everything of the calls that were made, so many days earlier, under ids that lie anywhere among the others. */
async function copyAll(client: ClickHouseClient, copy: number): Promise<void> {
  const original = (id: string) => `NOT startsWith(${id}, 'copy-')`
  const other = (id: string) => `concat('copy-', lower(hex(cityHash64(${id}))), '-${copy}')`
  const earlier = (column: string) => `${column} - INTERVAL ${copy} DAY AS ${column}`
  const moves: readonly (readonly [table: string, id: string, changes: string])[] = [
    ['quality_samples', 'correlation_id', `${earlier('minute')}, ${earlier('interval_end')}`],
    ['call_minutes', 'correlation_id', earlier('minute')],
    ['call_events', 'correlation_id', earlier('time')],
    ['calls', 'id', `${earlier('at')}, [${other('id')}] AS members`],
    [
      'call_keys',
      'id',
      `if(canonical = '', '', ${other('id')}) AS canonical, if(canonical = '', at, at - INTERVAL ${copy} DAY) AS at`,
    ],
  ]
  for (const [table, id, changes] of moves) {
    await run(
      client,
      `INSERT INTO ${table} SELECT * REPLACE (${other(id)} AS ${id}, ${changes})
       FROM (SELECT * FROM ${table} FINAL WHERE ${original(id)})`,
    )
  }
}

async function heldBy(client: ClickHouseClient): Promise<Readonly<Record<string, number>>> {
  const rows = await rowsOf<[string, number]>(
    client,
    `SELECT table, sum(rows) FROM system.parts WHERE active AND database = currentDatabase()
       AND table IN ('quality_samples', 'call_minutes', 'call_events', 'calls', 'call_keys') GROUP BY table ORDER BY table`,
  )
  return Object.fromEntries(rows)
}

interface Looks {
  readonly name: string
  readonly rows: number[]
  readonly seconds: number[]
  found: number
}

/** Those that follow what is new go on for ever: a few looks tell. */
const mostLooks = 25

async function lookAround({ connect, registry, log }: Install, note: CaseOptions['note']): Promise<readonly Looks[]> {
  const reads = countRowsRead(await connect())
  const marks = marksInMemory()
  const recompute = recomputeParts({ registry, patience: defaultPatience, logNow: Date.now }, reads.client)
  const rounds = new Set<string>()
  const reader = createAuditReader(reads.client)
  // The first look at fresh records only notes where they are: the last batch that was computed is to be looked at.
  const version = (await reader.newestVersion(0)) - 1
  await marks.write('fresh_records', JSON.stringify({ beganMs: 0, mark: { version } }))
  const sweeps = createSweeps(
    {
      ...{ reader, marks, log, writer: createCallWriter(reads.client) },
      ...{ idle: async () => true, logNow: Date.now, found: () => undefined, swept: (name) => rounds.add(name) },
      foldAgain: (members, logNowMs) => foldAgain(members, logNowMs, recompute),
    },
    defaultAuditorPace,
  )
  const all: Looks[] = []
  for (const sweep of sweeps) {
    const { name } = sweep
    const looks: Looks = { name, rows: [], seconds: [], found: 0 }
    while (!rounds.has(name) && looks.rows.length < mostLooks) {
      let seen: readonly Difference[] | undefined
      reads.take()
      const seconds = await secondsOf(async () => {
        seen = await lookOnce(sweep)
      })
      looks.rows.push(reads.take())
      looks.seconds.push(seconds)
      looks.found += seen?.filter(({ kind }) => kind !== 'changed_record').length ?? 0
      if (seen === undefined) break
    }
    note(`${name}: ${looks.rows.length} looks, ${Math.max(...looks.rows)} rows at most`)
    all.push(looks)
  }
  return all
}

async function lookOnce(sweep: Sweep): Promise<readonly Difference[] | undefined> {
  const look = await sweep.next()
  const seen = await look?.()
  await sweep.done()
  return seen
}

function marksInMemory(): AuditMarks {
  const marks = new Map<string, string>()
  return {
    read: async () => marks,
    async write(sweep, mark) {
      marks.set(sweep, mark)
    },
  }
}

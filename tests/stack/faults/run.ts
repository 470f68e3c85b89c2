/**
 * The fault table: real servers, two workers, traffic with known truth, and one fault after the other.
 * Usage: npm run test:faults:stack -- [--only NAME,...] [--messages N] [--short] [--json FILE] [--seed N]
 * Prints a table in Markdown; exit code 1 when anything was lost, doubled or wrong.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRandom } from '#simulator/random.ts'
import type { CountElsewhere } from '#tests/faults/identities.ts'
import { type TrafficFile, writeTraffic } from '#tests/faults/traffic-file.ts'
import { verify } from '#tests/faults/verify.ts'
import { lagOf, openStackInstall, type StackInstall } from './install.ts'
import { countLokiLines } from './loki-lines.ts'
import { faultsIn, type Row, rowOf, tableOf } from './report.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import { feed, type Stage } from './stage.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    messages: { type: 'string' },
    short: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const messages = Number(options.messages ?? (options.short ? 4_000 : 20_000))
const wanted = options.only?.split(',')
const unknown = wanted?.filter((name) => !scenarios.some((scenario) => scenario.name === name)) ?? []
if (unknown.length > 0)
  throw new Error(`no scenario named ${unknown.join(', ')}; there are ${scenarios.map(({ name }) => name).join(', ')}`)
/** Messages a second, where the scenario does not need them slower: half a minute of traffic. */
const usualRate = options.short ? 250 : 500
/** Long enough ago that every record is settled by its event time, and well within what live edges take. */
const agoMs = 12 * 3_600_000

const rows: Row[] = []
for (const scenario of scenarios.filter(({ name }) => wanted?.includes(name) !== false)) {
  const row = await play(scenario)
  rows.push(row)
  console.log(JSON.stringify(row))
  for (const fault of faultsIn(row)) console.log(`  FAULT ${scenario.name}: ${fault}`)
}
console.log(`\n${tableOf(rows)}`)
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(rows, undefined, 2)}\n`)
process.exit(rows.every((row) => faultsIn(row).length === 0) ? 0 : 1)

async function play(scenario: Scenario): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), `callscope-fault-${scenario.name}-`))
  let install: StackInstall | undefined
  try {
    const { partitions, telemetryStores = false } = scenario
    install = await openStackInstall({
      folder,
      ...(partitions === undefined ? {} : { partitions }),
      telemetryStores,
    })
    return await disturbed(scenario, folder, install)
  } finally {
    await install?.close()
    if (options.keep) console.log(`kept ${folder}`)
    else await rm(folder, { recursive: true, force: true })
  }
}

async function disturbed(scenario: Scenario, folder: string, install: StackInstall): Promise<Row> {
  const began = performance.now()
  const traffic = await writeTraffic({
    path: join(folder, 'messages.jsonl'),
    seed: Number(options.seed),
    messages,
    startMs: Date.now() - agoMs,
    // They began long before the others and come now: Loki takes nothing that is an hour behind its stream.
    ...(scenario.telemetryStores === true ? { without: ['long_call', 'late_start'] } : {}),
  })
  const random = createRandom(Number(options.seed)).fork(scenario.name)
  const fedController = new AbortController()
  const notes: string[] = []
  const start = () =>
    install.startWorker(scenario.clockFile === undefined ? {} : { clockFile: join(folder, scenario.clockFile) })
  const workers = [start(), start()]
  const stage: Stage = {
    ...{ install, traffic, folder, workers, fed: fedController.signal, short: options.short },
    random: () => random.next(),
    say: (text) => notes.push(text),
  }
  await Promise.all(workers.map((worker) => worker.ready()))
  const feeding = feed(stage, { rate: usualRate, ...scenario.feed }).finally(() => fedController.abort())
  const [sent] = await Promise.all([feeding, scenario.disturb(stage)])
  const healedMs = performance.now()
  const lagAtHeal = await lagOf(install.log)
  await install.drained()
  const recoverySeconds = Math.round((performance.now() - healedMs) / 100) / 10
  const findings = await verify(install, traffic, countElsewhere(install, traffic))
  return rowOf(scenario, {
    ...{ sent, findings, traffic, recoverySeconds, lagAtHeal, notes },
    complaints: workers.flatMap((worker) => worker.complaints()),
    seconds: Math.round((performance.now() - began) / 1_000),
  })
}

/** Lines and spans, where they are not in the warehouse. */
function countElsewhere({ telemetry }: StackInstall, { fromMs, toMs }: TrafficFile): CountElsewhere {
  if (telemetry === undefined) return {}
  const { loki, otlp } = telemetry
  const aDayMs = 86_400_000
  return {
    logs: () => countLokiLines(loki.address, 'callscope', [fromMs - aDayMs, toMs + aDayMs]),
    spans: async () => otlp.spans(),
  }
}

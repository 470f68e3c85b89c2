/**
 * Kills an install again and again while messages go in, and then holds it to the truth: no loss, no double count.
 * Usage: npm run test:faults -- [--short] [--messages N] [--kills N] [--replay on|off] [--seed N] [--json FILE] [--keep]
 * Without --replay both ways are tried: with the start-up replay off, because it would hide a commit before the
 * acknowledgement, and with it on.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startHarness } from '../harness.ts'
import { planKills } from './kill-plan.ts'
import { inSeconds, installIn, liveAndDie } from './lives.ts'
import { plantAndAudit } from './plant.ts'
import { type Figures, faultsOf, summaryOf, tableOf } from './report.ts'
import { writeTraffic } from './traffic-file.ts'
import { verify } from './verify.ts'

const { values: options } = parseArgs({
  options: {
    messages: { type: 'string' },
    kills: { type: 'string' },
    replay: { type: 'string' },
    seed: { type: 'string', default: '1' },
    short: { type: 'boolean', default: false },
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const atLeast = Number(options.messages ?? (options.short ? 10_000 : 200_000))
const killCount = Number(options.kills ?? (options.short ? 4 : 20))
const seed = Number(options.seed)
const modes = (['off', 'on'] as const).filter((mode) => options.replay === undefined || options.replay === mode)
/** Long enough ago that every record is settled by its event time, and well within what live edges take. */
const agoMs = 12 * 3_600_000

const runs: Figures[] = []
for (const replay of modes) {
  const figures = await killAndVerify(replay)
  runs.push(figures)
  console.log(`${tableOf(figures)}\n`)
  for (const fault of faultsOf(figures)) console.log(`  FAULT ${fault}`)
}
const summary = { sound: runs.every((run) => faultsOf(run).length === 0), runs: runs.map(summaryOf) }
console.log(JSON.stringify(summary))
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(summary, undefined, 2)}\n`)
process.exit(summary.sound ? 0 : 1)

async function killAndVerify(replay: 'on' | 'off'): Promise<Figures> {
  const began = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'callscope-kill-'))
  try {
    const startMs = Date.now() - agoMs
    const traffic = await writeTraffic({ path: join(folder, 'messages.jsonl'), seed, messages: atLeast, startMs })
    const { messages } = traffic
    const onEnd = (life: string) => console.log(`replay ${replay}: ${life}`)
    const lives = await liveAndDie({ folder, traffic, replay, kills: planKills(killCount, messages, seed), onEnd })
    const harness = await startHarness({ folder: installIn(folder) })
    const findings = await verify(harness, traffic)
    const planted = await plantAndAudit(harness)
    await harness.stop()
    const seconds = inSeconds(performance.now() - began)
    return { replay, seed, messages, kills: killCount, ...lives, ...findings, planted, seconds }
  } finally {
    if (options.keep) console.log(`kept ${folder}`)
    else await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Hostile content through every door of a whole install, for minutes or hours, beside calls that must be judged all along.
 * Usage: npm run test:fuzz -- [--minutes N] [--seed N] [--log embedded|kafka] [--within SECONDS] [--rate N] [--doors NAME,...] [--json FILE]
 * Exit code 1 when a call was judged late, a door answered with an error of ours, or memory grew.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startKafkaForFuzz } from '#tests/stack/faults/fuzz-kafka.ts'
import { runCampaign } from './campaign.ts'
import { startFuzzedInstall } from './install.ts'
import { faultsOf, summaryOf } from './summary.ts'

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    log: { type: 'string', default: 'embedded' },
    within: { type: 'string', default: '10' },
    rate: { type: 'string', default: '15' },
    doors: { type: 'string' },
    json: { type: 'string' },
  },
})
if (!['embedded', 'kafka'].includes(options.log)) throw new Error('--log: must be embedded or kafka')

const folder = await mkdtemp(join(tmpdir(), 'callscope-fuzz-kafka-'))
const kafka = options.log === 'kafka' ? await startKafkaForFuzz(folder) : undefined
const install = await startFuzzedInstall(kafka === undefined ? [] : [`kafka: {brokers: ["${kafka.address}"]}`])
try {
  const campaign = await runCampaign(install, {
    seed: options.seed,
    seconds: 60 * Number(options.minutes),
    withinSeconds: Number(options.within),
    perSecond: Number(options.rate),
    ...(options.doors === undefined ? {} : { through: options.doors.split(',') }),
    say: (line) => console.log(line),
  })
  const summary = { log: options.log, seed: options.seed, minutes: Number(options.minutes), ...summaryOf(campaign) }
  console.log(JSON.stringify(summary, undefined, 2))
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(summary, undefined, 2)}\n`)
  const faults = faultsOf(campaign)
  for (const fault of faults) console.log(`FAULT ${fault}`)
  process.exitCode = faults.length === 0 ? 0 : 1
} finally {
  await install.close()
  await kafka?.stop()
  await rm(folder, { recursive: true, force: true })
}

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { toLine } from '#simulator/message.ts'
import { simulateTraffic, type Traffic, type TrafficOptions } from '#simulator/traffic.ts'
import { simulatedTenants } from '#simulator/world.ts'
import { CommandError } from '../exit-codes.ts'
import { counted } from '../text/format.ts'
import { aCommand, type CommandParts, numberOption, print, timeOption } from './command.ts'

interface SimulateOptions {
  readonly json?: boolean
  readonly seed: number
  readonly calls: number
  readonly out?: string
  readonly truth?: string
  readonly start: string
  readonly concurrent?: number
  readonly scenario?: readonly string[]
  readonly tenant?: readonly string[]
  readonly faults: boolean
  readonly poison: number
}

export function simulateCommand(parts: CommandParts): Command {
  return aCommand({
    name: 'simulate',
    summary: 'seeded traffic with known truth, as JSON lines',
    description:
      'Makes messages as JSON lines {topic, key, headers, value}, the same for the same seed, and beside them the truth that each call should be judged by.',
    examples: [
      'simulate --seed 1 --calls 100 --out traffic.jsonl --truth truth.json',
      'simulate --seed 7 --calls 20 | head',
      'simulate --seed 2 --calls 500 --scenario one_way_audio --out bad.jsonl',
    ],
  })
    .option(
      '--seed <n>',
      'seed; the same gives the same traffic',
      numberOption(0, Number.MAX_SAFE_INTEGER, { integer: true }),
      1,
    )
    .option('--calls <n>', 'how many calls', numberOption(1, 10_000_000, { integer: true }), 100)
    .option('--out <file>', 'where the lines go; standard output by default')
    .option('--truth <file>', 'where the truth goes, as one JSON document')
    .option('--start <time>', 'event time of the first call: a date-time, or how long ago (2h)', '2h')
    .option('--concurrent <n>', 'calls open at once, on average', numberOption(1, 1_000_000))
    .option('--scenario <name...>', 'only these scenarios')
    .option('--tenant <id...>', 'only these tenants')
    .option('--no-faults', 'no duplicates, reordering, clock skew or other faults of delivery')
    .option('--poison <share>', 'malformed messages, as a share of all', numberOption(0, 0.5), 0)
    .action((options: SimulateOptions) => simulate(parts, options))
}

async function simulate(parts: CommandParts, options: SimulateOptions): Promise<void> {
  if (options.json === true && options.out === undefined)
    throw new CommandError('usage', '--json prints one value: say with --out where the messages go')
  const traffic = start(parts, options)
  await write(parts, traffic, options.out)
  const truth = traffic.truth()
  const { totals } = truth
  if (options.truth !== undefined) await writeFile(options.truth, `${JSON.stringify(truth)}\n`)
  if (options.out === undefined) return
  await print(parts, options, { seed: options.seed, out: options.out, truth: options.truth, totals }, () => {
    const judged = options.truth === undefined ? '' : `, and what they should be judged as in ${options.truth}`
    return `${counted(totals.messages, 'message')} of ${counted(totals.calls, 'call')} in ${options.out}${judged}\nNext: callscope replay ${options.out} --add-tenant ${simulatedTenants.map(({ id }) => id).join(' ')}`
  })
}

function start({ io }: CommandParts, options: SimulateOptions): Traffic {
  const given: TrafficOptions = {
    seed: options.seed,
    calls: options.calls,
    startMs: timeOption(io, '--start', options.start) ?? io.now(),
    poison: options.poison,
    ...(options.concurrent === undefined ? {} : { concurrent: options.concurrent }),
    ...(options.scenario === undefined ? {} : { scenarios: options.scenario }),
    ...(options.tenant === undefined ? {} : { tenants: options.tenant }),
    ...(options.faults ? {} : { faults: 'none' }),
    // Without a truth file nobody asks, and 10 million truths would fill the memory.
    ...(options.truth === undefined ? { onCall: () => undefined } : {}),
  }
  try {
    return simulateTraffic(given)
  } catch (error) {
    throw new CommandError('usage', (error as Error).message)
  }
}

/** Lines written at once: few system calls, little memory. */
const linesAtOnce = 500

async function write({ io }: CommandParts, traffic: Traffic, file: string | undefined): Promise<void> {
  const stream = file === undefined ? undefined : createWriteStream(file)
  const send = async (text: string): Promise<void> => {
    if (stream === undefined) await io.out(text)
    else if (!stream.write(text)) await once(stream, 'drain')
  }
  if (stream !== undefined) await once(stream, 'open')
  let lines: string[] = []
  for (const message of traffic.messages) {
    lines.push(toLine(message))
    if (lines.length < linesAtOnce) continue
    await send(`${lines.join('\n')}\n`)
    lines = []
  }
  if (lines.length > 0) await send(`${lines.join('\n')}\n`)
  if (stream !== undefined) {
    stream.end()
    await once(stream, 'close')
  }
}

import type { Command } from 'commander'
import { calculateMos, type MosAnswer, type MosQuestion } from '#quality/calculator.ts'
import { CommandError } from '../exit-codes.ts'
import type { Colours } from '../text/colours.ts'
import { table } from '../text/table.ts'
import { aCommand, type CommandParts, numberOption, print } from './command.ts'

interface MosOptions {
  readonly json?: boolean
  readonly codec: string
  readonly loss: number
  readonly burst?: number
  readonly rtt?: number
  readonly delay?: number
  readonly jitter?: number
}

export function mosCommand(parts: CommandParts): Command {
  const any = numberOption(0, Number.MAX_VALUE)
  return aCommand({
    name: 'mos',
    summary: 'the quality model by hand, with every value on the way',
    description: 'Scores one set of network figures with the E-model (G.107, G.107.1, G.107.2), as calls are scored.',
    examples: [
      'mos --codec G.711 --loss 1.5 --rtt 120',
      'mos --codec AMR-WB/23.85 --loss 0',
      'mos --codec G.729A --loss 3 --burst 2 --delay 150 --json',
    ],
  })
    .requiredOption('--codec <name>', 'as devices name it: PCMU, G.729A, opus, AMR-WB/23.85 …')
    .requiredOption('--loss <percent>', 'packet loss after the jitter buffer, in percent', any)
    .option('--burst <ratio>', 'burst ratio (BurstR): mean burst length over that of independent losses', any)
    .option('--rtt <ms>', 'round trip; the one-way delay is estimated from it', any)
    .option('--delay <ms>', 'one-way delay, mouth to ear', any)
    .option('--jitter <ms>', 'interarrival jitter; sizes the jitter buffer', any)
    .action((options: MosOptions) => mos(parts, options))
}

async function mos(parts: CommandParts, { codec, loss, burst, rtt, delay, jitter, json }: MosOptions): Promise<void> {
  const question: MosQuestion = {
    codec,
    lossPercent: loss,
    burstRatio: burst,
    roundTripMs: rtt,
    delayMs: delay,
    jitterMs: jitter,
  }
  const result = calculateMos(question)
  if (result.type === 'problems')
    throw new CommandError(
      'usage',
      result.problems.map(({ field, message }) => `${optionOf[field]}: ${message}`).join('\n  '),
    )
  await print(parts, json === undefined ? {} : { json }, { question, ...result.answer }, (colours) =>
    textOf(result.answer, colours),
  )
}

const optionOf: Readonly<Record<keyof MosQuestion, string>> = {
  codec: '--codec',
  lossPercent: '--loss',
  burstRatio: '--burst',
  roundTripMs: '--rtt',
  delayMs: '--delay',
  jitterMs: '--jitter',
}
const bands = { N: 'narrowband', W: 'wideband', F: 'fullband' } as const

function textOf(
  { listening, conversational, codecRow, band, source, grounded, oneWayDelayMs, intermediate, notes }: MosAnswer,
  colours: Colours,
): string {
  const scores = [listening, ...(conversational === undefined ? [] : [conversational])]
  const head = scores.map(
    ({ name, mos: value, r }) => `${colours.bold(value.toFixed(2))}  ${name}  (R ${r.toFixed(2)})`,
  )
  const facts = [
    `codec     ${codecRow}, ${bands[band]}, ${source}${grounded ? '' : ', not grounded'}`,
    ...(oneWayDelayMs === undefined ? [] : [`delay     ${oneWayDelayMs.toFixed(1)} ms one way`]),
  ]
  const steps = table(
    Object.entries(intermediate),
    [
      { title: 'VALUE', cell: ([name]) => name },
      { title: '', cell: ([, value]) => value.toFixed(4), right: true },
    ],
    colours,
  )
  return [...head, ...facts, '', steps, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n')
}

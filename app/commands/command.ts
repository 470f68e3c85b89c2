import { Command, InvalidArgumentError } from 'commander'
import { momentForms, momentNamed, numberOf } from '#contracts/number-text.ts'
import { type Config, loadConfig } from '../config.ts'
import { CommandError, type ExitName } from '../exit-codes.ts'
import type { CommandIo } from '../io.ts'
import { type Colours, coloursFor } from '../text/colours.ts'

/** What every command is made with. */
export interface CommandParts {
  readonly io: CommandIo
  /** A command that ended well, but not with exit code 0. */
  end(exit: ExitName): void
}

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean
  readonly config?: string
  readonly dataDir?: string
}

interface Described {
  readonly name: string
  readonly summary: string
  readonly description?: string
  readonly examples: readonly string[]
}

/** A command that only holds others. Options of its own would take those of its children away from them. */
export function aGroup({ name, summary, description, examples }: Described): Command {
  return new Command(name)
    .summary(summary)
    .description(description ?? summary)
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  callscope ${example}`).join('\n')}`)
}

/** A command with --json and --help with examples. */
export const aCommand = (described: Described): Command =>
  aGroup(described).option('--json', 'print exactly one JSON value on standard output')

/** A command that reads the configuration. */
export const aConfiguredCommand = (described: Described): Command =>
  aCommand(described)
    .option('--config <file>', 'YAML file with settings (or CALLSCOPE_CONFIG)')
    .option('--data-dir <folder>', 'data folder (setting dataDir, CALLSCOPE_DATA_DIR)')

export const configFor = (
  { io }: CommandParts,
  options: CommonOptions,
  more: Readonly<Record<string, unknown>> = {},
): Config => loadConfig({ file: options.config, env: io.env, options: { dataDir: options.dataDir, ...more } })

/** One JSON value with --json, else what people read. */
export async function print(
  { io }: CommandParts,
  options: CommonOptions,
  value: unknown,
  human: (colours: Colours) => string,
): Promise<void> {
  await io.out(options.json === true ? `${JSON.stringify(value)}\n` : `${human(coloursFor(io.outIsTerminal))}\n`)
}

/** An option that is a number within bounds. */
export const numberOption =
  (min: number, max: number, { integer = false } = {}) =>
  (text: string): number => {
    const value = numberOf(text)
    if (value !== undefined && value >= min && value <= max && (!integer || Number.isInteger(value))) return value
    throw new InvalidArgumentError(
      `must be ${integer ? 'a whole number' : 'a number'} from ${min} to ${max}, in plain digits.`,
    )
  }

/** `24h` ago or a date-time, as epoch milliseconds. */
export function timeOption(io: CommandIo, name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const named = momentNamed(text, io.now())
  if (named !== undefined) return named
  throw new CommandError('usage', `${name}: ${momentForms}`)
}

import { Command, CommanderError } from 'commander'
import { archiveCommand } from './commands/archive.ts'
import { callCommand } from './commands/call.ts'
import { callsCommand } from './commands/calls.ts'
import { canaryCommand } from './commands/canary.ts'
import { deadLettersCommand } from './commands/dead-letters.ts'
import { demoCommand } from './commands/demo.ts'
import { doctorCommand } from './commands/doctor.ts'
import { eraseCommand, erasuresCommand } from './commands/erase.ts'
import { importCommand } from './commands/import.ts'
import { keysCommand } from './commands/keys.ts'
import { linksCommand } from './commands/links.ts'
import { migrateCommand } from './commands/migrate.ts'
import { mosCommand } from './commands/mos.ts'
import { openCommand } from './commands/open.ts'
import { profilesCommand } from './commands/profiles.ts'
import { replayCommand } from './commands/replay.ts'
import { runsCommand } from './commands/runs.ts'
import { serveCommand } from './commands/serve.ts'
import { simulateCommand } from './commands/simulate.ts'
import { sqlCommand } from './commands/sql.ts'
import { topicsCommand } from './commands/topics.ts'
import { upCommand } from './commands/up.ts'
import { workerCommand } from './commands/worker.ts'
import { CommandError, type ExitName, exitCodeHelp, exitCodes } from './exit-codes.ts'
import { type CommandIo, processIo } from './io.ts'
import { version } from './version.ts'

/** Every command there is. A new one is a file and a line here. */
const commands = [
  upCommand,
  workerCommand,
  serveCommand,
  demoCommand,
  canaryCommand,
  openCommand,
  callsCommand,
  callCommand,
  importCommand,
  replayCommand,
  archiveCommand,
  simulateCommand,
  mosCommand,
  sqlCommand,
  runsCommand,
  deadLettersCommand,
  keysCommand,
  profilesCommand,
  linksCommand,
  topicsCommand,
  eraseCommand,
  erasuresCommand,
  migrateCommand,
  doctorCommand,
]

/** Runs one command line; resolves to the exit code. */
export async function main(args: readonly string[], io: CommandIo = processIo()): Promise<number> {
  let ended: ExitName = 'ok'
  const program = createProgram(io, (exit) => {
    ended = exit
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exitCodes[ended]
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    return report(error, io, args.includes('--json'))
  }
}

function createProgram(io: CommandIo, end: (exit: ExitName) => void): Command {
  const program = new Command('callscope')
    .description('Answers about calls: what happened, how it sounded, whose side.')
    .version(version, '-V, --version')
    .addHelpText('after', exitCodeHelp)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => void io.out(text), writeErr: (text) => io.err(text) })
  for (const create of commands) {
    const command = create({ io, end })
    inherit(command, program)
    program.addCommand(command)
  }
  return program
}

/** Settings of the program that commander hands down only to commands made with `.command()`. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent)
  for (const child of command.commands) inherit(child, command)
}

/** A desk in this process refuses as one behind HTTP does: with a status code. */
function exitOf(error: unknown): ExitName {
  if (error instanceof CommandError) return error.exit
  const { statusCode = 500 } = (error ?? {}) as { readonly statusCode?: number }
  return statusCode >= 400 && statusCode < 500 ? 'refused' : 'failed'
}

function report(error: unknown, io: CommandIo, json: boolean): number {
  const exit = exitOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (json) void io.out(`${JSON.stringify({ error: message, exit: exitCodes[exit] })}\n`)
  io.err(`callscope: ${message}\n`)
  if (!(error instanceof CommandError) && error instanceof Error && io.env.CALLSCOPE_LOG_LEVEL === 'debug')
    io.err(`${error.stack ?? ''}\n`)
  return exitCodes[exit]
}

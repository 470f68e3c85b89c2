import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommandIo } from './io.ts'
import { main } from './main.ts'

/** Runs one command line in this process, as a pipe would see it. */
export async function run(
  ...args: string[]
): Promise<{ readonly exit: number; readonly out: string; readonly err: string }> {
  let out = ''
  let err = ''
  const io: CommandIo = {
    env: { CALLSCOPE_LOG_LEVEL: 'error' },
    now: () => Date.now(),
    out: async (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    outIsTerminal: false,
    errIsTerminal: false,
    columns: 100,
  }
  const exit = await main(args, io)
  return { exit, out, err }
}

export const aFolder = (): string => mkdtempSync(join(tmpdir(), 'callscope-cli-'))

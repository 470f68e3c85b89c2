/** Where a command reads and writes. The only place that knows the process; tests hand in their own. */
export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>
  now(): number
  /** Results: what a pipe wants. Resolves when the pipe has taken it. */
  out(text: string): Promise<void>
  /** Everything else: progress, warnings, errors. */
  err(text: string): void
  /** Colours and progress bars only for people. */
  readonly outIsTerminal: boolean
  readonly errIsTerminal: boolean
  readonly columns: number
}

export function processIo(): CommandIo {
  // A pipe closed by its reader ("callscope calls | head") is no fault of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  return {
    env: process.env,
    now: () => Date.now(),
    out: (text) =>
      new Promise((resolve) => void (process.stdout.write(text) ? resolve() : process.stdout.once('drain', resolve))),
    err: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
    errIsTerminal: process.stderr.isTTY === true,
    columns: process.stdout.columns ?? 120,
  }
}

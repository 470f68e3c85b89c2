/** What a command's end means. Scripts rely on these: additive only. */
export const exitCodes = {
  ok: 0,
  /** Something broke that is neither the caller's fault nor named below. */
  failed: 1,
  /** A wrong option, argument or setting. Nothing was done. */
  usage: 2,
  /** What was asked for does not exist. */
  notFound: 3,
  /** All or part of the input was refused; what is good went in. */
  refused: 4,
  /** Another process owns the data folder or the port. */
  busy: 5,
  /** The data folder or a file was written by a newer version. */
  tooNew: 6,
  /** The disk of a store is full or read-only, or may not be written to: nothing was lost, and it can be mended. */
  disk: 7,
} as const
export type ExitName = keyof typeof exitCodes

export const exitCodeHelp = `
Exit codes: 0 ok · 1 failed · 2 wrong option or setting · 3 not found · 4 input refused, wholly or in part
            5 folder or port in use · 6 data of a newer version · 7 disk full or not writable
            137 (SIGKILL) up, worker and serve: not stopped 7.5 s after a signal, or a second signal`

/** An expected end of a command: a sentence for people and an exit code for scripts. */
export class CommandError extends Error {
  readonly exit: ExitName
  constructor(exit: ExitName, message: string, options: ErrorOptions = {}) {
    super(message, options)
    this.name = 'CommandError'
    this.exit = exit
  }
}

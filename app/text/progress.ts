import type { CommandIo } from '../io.ts'

/** One line on a terminal's standard error that is written over. Elsewhere nothing. */
export interface Progress {
  show(text: string): void
  clear(): void
}

/** Redrawing more often than this only costs time. */
const leastMs = 100

export function createProgress(io: CommandIo, quiet: boolean): Progress {
  if (quiet || !io.errIsTerminal) return { show() {}, clear() {} }
  let last = 0
  return {
    show(text) {
      if (io.now() - last < leastMs) return
      last = io.now()
      io.err(`\r\u001b[K${text}`)
    },
    clear: () => io.err('\r\u001b[K'),
  }
}

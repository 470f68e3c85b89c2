import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { CommandError } from './exit-codes.ts'

/** Ports and stores are closed within this time; what is not done by then is done again after the next start. */
const stopWithinMs = 7_500

/** Where the process cannot even run that timer, another one ends it. */
const watchedForMs = 8_500

/** A signal that follows the first sooner is the same key press: npm passes on what the terminal has sent to all. */
const sameKeyPressMs = 250

/** Resolves on the first signal; a second one, or time running out, ends the process at once. Throws what cannot go on. */
export async function untilStopped(failed: Promise<Error>): Promise<void> {
  let stop: () => void = () => undefined
  const asked = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined)
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  const failure = await Promise.race([asked, failed])
  boundStop()
  if (failure === undefined) return
  if (failure instanceof CommandError) throw failure
  throw new CommandError('failed', `a pipeline cannot go on: ${failure.message}`)
}

/** From here on the process ends: in good order, or by SIGKILL when that lasts. */
function boundStop(): void {
  const began = performance.now()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (performance.now() - began > sameKeyPressMs) endAtOnce(`a second signal (${signal})`)
    })
  }
  setTimeout(() => endAtOnce(`not stopped within ${stopWithinMs / 1_000} s`), stopWithinMs).unref()
  watch()
}

/**
 * By SIGKILL: every other way to end waits for the threads of this process, and a thread may be in a query that nothing can
 * interrupt. The log survives that, and knows after the next start that the stop was not clean.
 */
function endAtOnce(reason: string): void {
  try {
    writeSync(2, `callscope: ${reason}: ended at once; what was in hand is done again after the next start\n`)
  } catch {
    // Nothing reads what it says.
  }
  process.kill(process.pid, 'SIGKILL')
}

/** Ends with this process, which is its parent as long as it lives: no other can be met under the same id. */
function watch(): void {
  const program = `
    const isThere = () => process.ppid === ${process.pid}
    setInterval(() => isThere() || process.exit(), 100)
    setTimeout(() => isThere() && process.kill(${process.pid}, 'SIGKILL'), ${watchedForMs})`
  const watcher = spawn(process.execPath, ['-e', program], { stdio: 'ignore', detached: true, env: {} })
  // Without one the timer above has to do.
  watcher.on('error', () => undefined)
  watcher.unref()
}

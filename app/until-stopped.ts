import { CommandError } from './exit-codes.ts'

/** Ports and stores are let go within this time; what is not done by then is done again after the next start. */
const stopWithinMs = 20_000

/** Resolves on the first signal; a second one, or time running out, ends the process at once. Throws what cannot go on. */
export async function untilStopped(failed: Promise<Error>): Promise<void> {
  let stop: () => void = () => undefined
  const asked = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined)
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  const failure = await Promise.race([asked, failed])
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  setTimeout(() => process.exit(1), stopWithinMs).unref()
  if (failure === undefined) return
  if (failure instanceof CommandError) throw failure
  throw new CommandError('failed', `a pipeline cannot go on: ${failure.message}`)
}

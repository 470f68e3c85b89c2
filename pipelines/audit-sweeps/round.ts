import { z } from 'zod'
import type { AuditMarks, Difference } from '#contracts/audit.ts'

/** A bounded look that may be taken again: what both times show has not moved between. */
export type Look = () => Promise<readonly Difference[]>

/** One look after another, until there is nothing more; then from the beginning. */
export interface Sweep {
  readonly name: string
  /** Undefined: there is nothing to look at now. */
  next(): Promise<Look | undefined>
  /** The look that came of `next` was taken: the next one goes on behind it. */
  done(): Promise<void>
}

export interface Step<Mark> {
  /** Without it there is nothing to look at here. */
  readonly look?: Look
  /** Where the next step goes on; undefined: the round is at its end. */
  readonly next: Mark | undefined
}

export interface RoundParts<Mark> {
  readonly name: string
  readonly mark: z.ZodType<Mark>
  readonly marks: AuditMarks
  readonly logNow: () => number
  readonly swept?: ((sweep: string, seconds: number) => void) | undefined
  step(mark: Mark | undefined): Promise<Step<Mark>>
}

/**
 * A sweep that remembers where it is in the registry alone: a process seldom lives as long as a round takes, and of several
 * workers now this one looks and now another.
 */
export function createRound<Mark>({ name, mark, marks, logNow, swept, step }: RoundParts<Mark>): Sweep {
  const stored = z.object({ beganMs: z.number(), mark: mark.optional() })
  let beganMs = 0
  let coming: Mark | undefined

  return {
    name,
    async next() {
      const text = (await marks.read()).get(name)
      // What an earlier version wrote and nobody can read begins a new round.
      const known = text === undefined ? undefined : stored.safeParse(parsed(text)).data
      beganMs = known?.beganMs ?? logNow()
      const { look, next } = await step(known?.mark)
      coming = next
      return look
    },
    async done() {
      const isRound = coming === undefined
      if (isRound) swept?.(name, (logNow() - beganMs) / 1_000)
      await marks.write(name, JSON.stringify({ beganMs: isRound ? logNow() : beganMs, mark: coming }))
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

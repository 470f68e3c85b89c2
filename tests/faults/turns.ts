import type { RecomputeParts } from '#pipelines/summaries/recompute.ts'

/** Somebody who does one step of its work whenever it is told to, so that a test decides who comes next. */
export interface Actor<Result> {
  /** One step further. Does nothing once the work is done. */
  step(): Promise<void>
  /** All steps that are left. */
  finish(): Promise<Result>
}

/** `work` waits for its turn wherever it says so. It begins at its first one. */
export function createActor<Result>(work: (turn: () => Promise<void>) => Promise<Result>): Actor<Result> {
  let arrived = createSignal()
  let go: () => void = () => undefined
  let done = false
  const turn = () =>
    new Promise<void>((resolve) => {
      go = resolve
      arrived.give()
    })
  const result = work(turn).finally(() => {
    done = true
    arrived.give()
  })
  result.catch(() => undefined) // told to whoever calls finish()

  async function step(): Promise<void> {
    await arrived.given
    if (done) return
    arrived = createSignal()
    go()
    await arrived.given
  }

  return {
    step,
    async finish() {
      while (!done) await step()
      return result
    },
  }
}

function createSignal(): { readonly given: Promise<void>; give(): void } {
  let give: () => void = () => undefined
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return { given, give }
}

/** What a recompute does, in this order; each of them waits for its turn. */
export const recomputeSteps = ['version', 'resolve', 'claim', 'minutes', 'read', 'append', 'look', 'write'] as const

/** The ports of a recompute that waits for its turn before each step. For one recompute only. */
export function stepwise(parts: RecomputeParts, turn: () => Promise<void>): RecomputeParts {
  const { versions, links, minutes, inputs, writer } = parts
  let drawn = false
  let resolving = false
  let appends = 0
  return {
    ...parts,
    versions: {
      async next() {
        // Drawn once more when overtaken, to see whether the sequence has gone back: after the last step.
        if (!drawn) await turn()
        drawn = true
        return versions.next()
      },
      raiseAbove: versions.raiseAbove,
    },
    links: {
      async edges(nodes, limit) {
        if (!resolving) await turn()
        resolving = true
        return links.edges(nodes, limit)
      },
    },
    minutes: {
      async recompute(dirty, context) {
        await turn()
        return minutes.recompute(dirty, context)
      },
    },
    inputs: {
      ...inputs,
      async members(members) {
        await turn()
        return inputs.members(members)
      },
    },
    writer: {
      async appendPlaces(places) {
        await turn()
        appends++
        return writer.appendPlaces(places)
      },
      async places(members) {
        // The first look is no step of its own: it reads what is frozen, together with everything else.
        if (appends > 1) await turn()
        return writer.places(members)
      },
      async write(rows, tombstones) {
        await turn()
        return writer.write(rows, tombstones)
      },
    },
  }
}

/** Every order in which two can take their turns: words of `a` As and `b` Bs. */
export function* orders(a: number, b: number): Generator<string> {
  if (a === 0 || b === 0) yield 'A'.repeat(a) + 'B'.repeat(b)
  else {
    for (const rest of orders(a - 1, b)) yield `A${rest}`
    for (const rest of orders(a, b - 1)) yield `B${rest}`
  }
}

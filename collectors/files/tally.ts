import type { ImportTally } from './import-step.ts'

/** Distinct ids counted up to here; beyond it a count says "at least". Bounds the memory of an import. */
const maxDistinct = 500_000

/** Ids that are named; of more calls than these nobody looks at each. */
const maxNamed = 50

/** Counts what an import brought. */
export interface Tally {
  call(correlationId: string): void
  stream(key: string): void
  add(what: 'samples' | 'logs' | 'spans' | 'events' | 'refused', count?: number): void
  note(text: string): void
  result(): ImportTally
}

export function createTally(): Tally {
  const calls = new Set<string>()
  const streams = new Set<string>()
  const counts = { samples: 0, logs: 0, spans: 0, events: 0, refused: 0 }
  const notes: string[] = []
  let full = false

  const count = (seen: Set<string>, key: string): void => {
    if (seen.size < maxDistinct) seen.add(key)
    else full ||= !seen.has(key)
  }
  return {
    call: (correlationId) => count(calls, correlationId),
    stream: (key) => count(streams, key),
    add(what, by = 1) {
      counts[what] += by
    },
    note(text) {
      if (notes.length < 20 && !notes.includes(text)) notes.push(text)
    },
    result: () => ({
      calls: calls.size,
      callIds: [...calls.values().take(maxNamed)],
      streams: streams.size,
      ...counts,
      notes: full ? [...notes, `calls and streams are at least these: counted up to ${maxDistinct}`] : notes,
    }),
  }
}

import { open, rm } from 'node:fs/promises'
import type { Clock } from '#contracts/clock.ts'
import type { Delivery } from '#contracts/sink.ts'

/** A sink of whatever rows, in whatever form. */
interface Delivers {
  deliver(...given: never[]): Promise<Delivery<unknown>>
}

export interface WriteHealth {
  /** For one writer: does a write and notes how it went. Throws what it throws. */
  watch(store: string): <Result>(write: () => Promise<Result>) => Promise<Result>
  /** The same of a sink, which tells of failures instead of throwing them. */
  watchSink<Watched extends Delivers>(store: string, sink: Watched): Watched
  /** Stores that take no writes now, with the reason. */
  failing(): Promise<Readonly<Record<string, string>>>
}

export interface WriteHealthParts {
  readonly clock: Clock
  /** Tries a small write where the stores lie. Rejects while the disk takes none. */
  readonly probe: () => Promise<void>
}

interface Failure {
  readonly store: string
  readonly why: string
  readonly sinceMs: number
}

/** Anything but the disk may be over with the next try: told only when it has lasted. */
const passingMs = 10_000
/** A probe costs a write, and anybody may ask whether we are ready. */
const probeEveryMs = 2_000

/**
 * Which stores take writes. Being asked for something small says nothing about it: a full disk answers reads. A store is
 * well again with its next write; where nobody sends any more, because we are not ready, a probe of the disk stands for it.
 */
export function createWriteHealth({ clock, probe }: WriteHealthParts): WriteHealth {
  /** By who writes: two that write to one store must not speak for each other. */
  const failures = new Map<object, Failure>()
  const tryDisk = createDiskTrial({ clock, probe }, () => {
    for (const [writer, { why }] of failures) if (why === diskFull) failures.delete(writer)
  })

  function failed(writer: object, store: string, cause: unknown): void {
    failures.set(writer, { store, why: reasonOf(cause), sinceMs: failures.get(writer)?.sinceMs ?? clock() })
  }

  return {
    watch: (store) => {
      const writer = {}
      return async (write) => {
        try {
          const result = await write()
          failures.delete(writer)
          return result
        } catch (error) {
          failed(writer, store, error)
          throw error
        }
      }
    },
    watchSink: (store, sink) => ({
      ...sink,
      async deliver(...given: never[]) {
        const delivery = await sink.deliver(...given)
        if (delivery.type === 'retry') failed(sink, store, delivery.cause)
        else failures.delete(sink)
        return delivery
      },
    }),
    async failing() {
      if ([...failures.values()].some(({ why }) => why === diskFull)) await tryDisk()
      const lasting = [...failures.values()].filter(
        ({ why, sinceMs }) => why !== refused || Math.abs(clock() - sinceMs) >= passingMs,
      )
      return Object.fromEntries(
        lasting.map(({ store, why, sinceMs }) => [
          store,
          `takes no writes since ${new Date(sinceMs).toISOString()}: ${why}`,
        ]),
      )
    },
  }
}

/** Probes the disk, one probe at a time and not too often; in between the last word holds. */
function createDiskTrial({ clock, probe }: WriteHealthParts, wellAgain: () => void): () => Promise<void> {
  let probing: Promise<void> | undefined
  let probedMs = Number.NEGATIVE_INFINITY

  return async function tryDisk() {
    const sinceMs = clock() - probedMs
    // A clock that was set back must not stop the probing until it has caught up.
    if (sinceMs >= 0 && sinceMs < probeEveryMs) return probing
    probedMs = clock()
    probing = probe().then(wellAgain, () => undefined)
    return probing
  }
}

const diskFull = 'the disk is full'
const readOnly = 'the disk or the folder cannot be written to'
const broken = 'the disk failed a read or write'
const refused = 'it refuses them'

/** SQLite's primary result codes, and names of errno. */
const reasons: readonly (readonly [string, RegExp])[] = [
  [diskFull, /^(sqlite 13|ENOSPC|EDQUOT)$/],
  [readOnly, /^(sqlite 8|sqlite 14|EROFS|EACCES|EPERM)$/],
  [broken, /^(sqlite 10|EIO)$/],
]

/** From a closed set: messages of stores name paths and may quote what was written. */
function reasonOf(cause: unknown): string {
  for (let error = cause; typeof error === 'object' && error !== null; error = (error as { cause?: unknown }).cause) {
    const { errcode, code, message } = error as { errcode?: unknown; code?: unknown; message?: unknown }
    if (/No space left on device|disk is full|ClickHouse error 243\b/i.test(String(message))) return diskFull
    // Where an error was put in words that may be logged, its code stands before them.
    const worded = /^(?:system error )?(E[A-Z0-9]+)\b/.exec(String(message))?.[1]
    const known = typeof errcode === 'number' ? `sqlite ${errcode & 0xff}` : String(code ?? worded)
    const reason = reasons.find(([, codes]) => codes.test(known))
    if (reason !== undefined) return reason[0]
  }
  return refused
}

/** Enough that a disk with some kilobytes left over does not pass for one with room. */
const probeBytes = 1_048_576

/** Writes a scratch file through to the disk, and takes it away again. */
export const probeOf =
  (path: string): WriteHealthParts['probe'] =>
  async () => {
    try {
      const file = await open(path, 'w')
      try {
        await file.writeFile(Buffer.alloc(probeBytes))
        await file.sync()
      } finally {
        await file.close()
      }
    } finally {
      await rm(path, { force: true })
    }
  }

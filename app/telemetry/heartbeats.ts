import { beatEveryMs, blindAfterMs, type Heartbeat, type HeartbeatStore } from '#contracts/blind-times.ts'
import { believedAheadMs } from '#contracts/clock.ts'
import type { Polled } from '#contracts/event-log.ts'
import { pause } from '#pipelines/pause.ts'

export interface HeartbeatsOptions {
  /** Which process this is, among those of the install. */
  readonly worker: string
  /** Told of time in which a pipeline was not looking, as soon as that is known. */
  readonly blind: (pipeline: string, seconds: number) => void
}

/** Notes when the pipelines of this process were looking, so that people can tell "the calls" from "us". */
export interface Heartbeats {
  /** A poll has come back. Says that the pipeline is looking, unless what it reads is old. */
  polled(pipeline: string, polled: Polled): void
  looked(pipeline: string, atMs: number): void
  /** Counts what lasts still. `logNowMs` is the log's time. */
  tick(logNowMs: number): void
  /** Writes what is to be written, and counts what was before this process began. */
  round(store: HeartbeatStore, logNowMs: number): Promise<void>
  /** A round every ten seconds, until the signal; what was seen last is written then. */
  run(store: HeartbeatStore, logNow: () => number, signal: AbortSignal): Promise<void>
}

/** Who reads messages older than this is catching up: live figures and alerts are not about now. */
const liveWithinMs = 60_000
/** A store that is away for a day must not fill the memory; what is older is left out, and shows as blind. */
const maxPending = 20_000

interface Look {
  readonly firstMs: number
  lastMs: number
  writtenMs: number
  /** Up to here blind time has been told of. */
  countedMs: number
}

export function createHeartbeats({ worker, blind }: HeartbeatsOptions): Heartbeats {
  const looks = new Map<string, Look>()
  const outbox = createOutbox()
  /** The last beats of whoever ran before this process; read before its own are written. */
  let before: Map<string, Look> | undefined

  const count = (pipeline: string, look: Look, untilMs: number): void => {
    const seconds = newlyBlind(look, untilMs)
    if (seconds > 0) blind(pipeline, seconds)
  }

  function looked(pipeline: string, atMs: number): void {
    const look = looks.get(pipeline) ?? { firstMs: atMs, lastMs: atMs, writtenMs: 0, countedMs: 0 }
    // A series that is there from the beginning: of one that appears with its first increase nobody is told.
    if (!looks.has(pipeline)) blind(pipeline, 0)
    looks.set(pipeline, look)
    for (const beatMs of beatsOf(steppedBack(look, atMs), atMs)) write(pipeline, look, beatMs)
    count(pipeline, look, atMs)
    look.lastMs = Math.max(look.lastMs, atMs)
  }

  function write(pipeline: string, look: Look, atMs: number): void {
    if (atMs <= look.writtenMs) return
    look.writtenMs = atMs
    outbox.add({ pipeline, atMs, worker })
  }

  function tick(logNowMs: number): void {
    for (const [pipeline, look] of looks) count(pipeline, look, logNowMs)
  }

  async function round(store: HeartbeatStore, logNowMs: number): Promise<void> {
    before ??= await lastLooks(store)
    tick(logNowMs)
    if (before === undefined) return
    // What was before this process began is told of each pipeline that it runs, once that looks for the first time.
    for (const [pipeline, { firstMs }] of looks) {
      const last = takeOut(before, pipeline)
      if (last !== undefined && last.lastMs < firstMs) count(pipeline, last, firstMs)
    }
    await outbox.flush(store)
  }

  return {
    looked,
    tick,
    polled(pipeline, polled) {
      if (isLive(polled)) looked(pipeline, polled.logNowMs)
    },
    round,
    async run(store, logNow, signal) {
      while (!signal.aborted) {
        await pause(beatEveryMs, signal)
        await round(store, logNow())
      }
      for (const [pipeline, look] of looks) write(pipeline, look, look.lastMs)
      await outbox.flush(store)
    },
  }
}

/** Who finds that messages have gone unread did not see what they told of, even if nothing is left to be read. */
const isLive = ({ records, logNowMs, trimmed = [] }: Polled): boolean =>
  trimmed.length === 0 && records.every(({ logTimeMs }) => logNowMs - logTimeMs <= liveWithinMs)

/** Beats of a time that was never now would keep those of the present from being written until it has come. */
function steppedBack(look: Look, atMs: number): Look {
  const wasAhead = look.lastMs - atMs > believedAheadMs
  return wasAhead ? Object.assign(look, { lastMs: atMs, writtenMs: 0, countedMs: 0 }) : look
}

/** When a pipeline that looked now has to be said to have looked. */
function beatsOf({ lastMs, writtenMs }: Look, atMs: number): readonly number[] {
  // The last moment before a gap, and the first after it: the gap is as long as it was, not as beats are apart.
  if (atMs - lastMs > blindAfterMs) return [lastMs, atMs]
  return atMs - writtenMs >= beatEveryMs ? [atMs] : []
}

/** Seconds without a look that nobody was told of yet; from now on they count as told. */
function newlyBlind(look: Look, untilMs: number): number {
  if (untilMs - look.lastMs <= blindAfterMs) return 0
  const fromMs = Math.max(look.lastMs, look.countedMs)
  look.countedMs = Math.max(untilMs, look.countedMs)
  return Math.max(0, untilMs - fromMs) / 1_000
}

/** By pipeline; undefined: the store does not answer now. */
async function lastLooks(store: HeartbeatStore): Promise<Map<string, Look> | undefined> {
  try {
    const last = [...(await store.last())]
    return new Map(
      last.map(([pipeline, atMs]) => [pipeline, { firstMs: atMs, lastMs: atMs, writtenMs: atMs, countedMs: 0 }]),
    )
  } catch {
    return undefined
  }
}

function takeOut<Key, Value>(from: Map<Key, Value>, key: Key): Value | undefined {
  const value = from.get(key)
  from.delete(key)
  return value
}

/** Beats that are to be written. */
function createOutbox() {
  let waiting: readonly Heartbeat[] = []
  return {
    add(beat: Heartbeat): void {
      waiting = [...waiting, beat].slice(-maxPending)
    },
    async flush(store: HeartbeatStore): Promise<void> {
      const writing = waiting
      waiting = []
      try {
        if (writing.length > 0) await store.write(writing)
      } catch {
        // They are written again with the next: the pipelines tell of a store that takes nothing.
        waiting = [...writing, ...waiting].slice(-maxPending)
      }
    },
  }
}

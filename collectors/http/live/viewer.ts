import { Readable } from 'node:stream'
import type { ChangedCall } from '#contracts/live-calls.ts'
import type { CallFilter, CallListItem } from '#contracts/warehouse.ts'
import type { Change } from './change-feed.ts'
import { isOf, matches } from './match.ts'

/** What one viewer is told of a turn. */
export interface LiveCalls {
  /** New or changed, and matching. */
  readonly calls: readonly CallListItem[]
  /** Changed, and no longer matching (or deleted). */
  readonly gone: readonly { readonly tenant: string; readonly id: string }[]
  readonly completeUntilMs: number | undefined
}

type ShownChanges = Omit<LiveCalls, 'completeUntilMs'>

/** Where to go on from, and what is known of the time before. */
export interface ToldAt {
  readonly id: number
  readonly completeUntilMs: number | undefined
}

interface Sent {
  readonly event: 'calls' | 'tick' | 'reset'
  /** Undefined: whoever is cut off here goes on from before it. */
  readonly id: number | undefined
  readonly data: object
}

/** Who looks, and at what. */
export interface Looking {
  readonly filter: CallFilter
  /** The version up to which it was told before it came back. */
  readonly resumeFrom: number | undefined
  /** Whose credential it has; undefined: one for all tenants. */
  readonly owner: string | undefined
  /** It only wants to know that the server is there, and until when all is complete. */
  readonly ticksOnly: boolean
}

export interface Viewer extends Looking {
  readonly stream: Readable
  readonly joinedMs: number
  /** It has not been told anything yet. */
  isNew: boolean
  /** What changed; where that is more than may wait for one viewer, a reset is owed instead. */
  tell(changes: readonly Change[], at: ToldAt): void
  tick(nowMs: number, at: ToldAt): void
  /** It can no longer be told what changed: it has to load the list again. */
  oweReset(): void
  /** Sends the reset that is owed, unless there was one a moment ago. */
  payReset(nowMs: number, id: number): void
  /** What its `q` names by now. */
  name(ids: readonly string[]): void
  /** After what it has been told it may come again; at the second time it is cut off. */
  end(): void
}

/**
 * Bytes that may wait for a viewer from turns before: with more it is let go, and comes back when it can. As many again
 * may be added by one turn, before anybody could have read them.
 */
const maxWaitingBytes = 1_048_576
/** Calls of one event: a browser takes them in without a stutter. */
const callsPerEvent = 500

export function createViewer(looking: Looking, joinedMs: number, resetMs: number): Viewer {
  const { filter, ticksOnly } = looking
  const stream = new Readable({ read() {} })
  // Time after which a browser tries again, milliseconds.
  stream.push('retry: 2000\n\n')
  let ids: readonly string[] = filter.q === undefined ? [] : [filter.q]
  let owesReset = false
  let resetAtMs = Number.NEGATIVE_INFINITY
  let ended = false

  function push(text: string): void {
    if (ended || stream.destroyed) return
    if (stream.readableLength > maxWaitingBytes) stream.destroy()
    else stream.push(text)
  }

  return {
    ...looking,
    stream,
    joinedMs,
    isNew: true,
    name(named) {
      ids = named
    },
    tell(changes, at) {
      if (owesReset || ticksOnly) return
      const text = eventsOf(shownOf(changes, filter, ids), at)
      if (Buffer.byteLength(text) > maxWaitingBytes) owesReset = true
      else if (text !== '') push(text)
    },
    tick(nowMs, { id, completeUntilMs }) {
      // Going on from here would skip what the reset is owed for.
      const resumable = !owesReset && !ticksOnly
      push(eventText({ event: 'tick', id: resumable ? id : undefined, data: { nowMs, completeUntilMs } }))
    },
    oweReset() {
      owesReset = !ticksOnly
    },
    payReset(nowMs, id) {
      if (!owesReset || nowMs - resetAtMs < resetMs) return
      owesReset = false
      resetAtMs = nowMs
      push(eventText({ event: 'reset', id, data: {} }))
    },
    end() {
      if (ended) stream.destroy()
      else if (!stream.destroyed) stream.push(null)
      ended = true
    },
  }
}

/** What a filter shows of these changes; `ids` are those that its `q` names. */
function shownOf(changes: readonly Change[], filter: CallFilter, ids: readonly string[]): ShownChanges {
  const shows = (call: ChangedCall): boolean => matches(call, filter, ids)
  // Nobody is told of what is not theirs, not even that it is gone.
  const own = changes.filter(({ now }) => isOf(filter.tenant, now.item))
  const gone = own.filter(({ now, before }) => !shows(now) && (before === undefined || shows(before)))
  return {
    calls: own.filter(({ now }) => shows(now)).map(({ now }) => now.item),
    gone: gone.map(({ now: { item } }) => ({ tenant: item.tenant, id: item.id })),
  }
}

/** In events that a browser can take. Only the last says where to go on from: cut off before it, all is told again. */
function eventsOf({ calls, gone }: ShownChanges, { id, completeUntilMs }: ToldAt): string {
  const most = Math.max(calls.length, gone.length)
  let text = ''
  for (let at = 0; at < most; at += callsPerEvent) {
    const end = at + callsPerEvent
    const data: LiveCalls = { calls: calls.slice(at, end), gone: gone.slice(at, end), completeUntilMs }
    text += eventText({ event: 'calls', id: end < most ? undefined : id, data })
  }
  return text
}

const eventText = ({ event, id, data }: Sent): string =>
  `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`

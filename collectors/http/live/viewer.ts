import { Readable } from 'node:stream'
import type { ChangedCall } from '#contracts/live-calls.ts'
import type { CallFilter, CallListItem } from '#contracts/warehouse.ts'
import type { Change } from './change-feed.ts'
import { matches } from './match.ts'

/** What one viewer is told of a turn. */
export interface LiveCalls {
  /** New or changed, and matching. */
  readonly calls: readonly CallListItem[]
  /** Changed, and no longer matching (or deleted). */
  readonly gone: readonly { readonly tenant: string; readonly id: string }[]
  readonly completeUntilMs: number | undefined
}

interface Sent {
  readonly event: 'calls' | 'tick' | 'reset'
  /** Where to go on from. */
  readonly id: number
  readonly data: object
}

export interface Viewer {
  readonly stream: Readable
  readonly tenant: string | undefined
  /** The version up to which it was told before it came back. */
  readonly resumeFrom: number | undefined
  /** It has not been told anything yet. */
  isNew: boolean
  readonly q: string | undefined
  tell(changes: readonly Change[], at: { readonly id: number; readonly completeUntilMs: number | undefined }): void
  send(sent: Sent): void
  /** What its `q` names by now. */
  name(ids: readonly string[]): void
}

/** Bytes that wait for a viewer who does not read: then it is let go, and comes back when it can. */
const maxWaitingBytes = 1_048_576
/** Calls of one event: a browser takes them in without a stutter. */
const callsPerEvent = 500

export function createViewer(filter: CallFilter, resumeFrom: number | undefined): Viewer {
  const stream = new Readable({ read() {} })
  // Time after which a browser tries again, milliseconds.
  stream.push('retry: 2000\n\n')
  let ids: readonly string[] = filter.q === undefined ? [] : [filter.q]

  function send({ event, id, data }: Sent): void {
    if (stream.destroyed) return
    stream.push(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`)
    if (stream.readableLength > maxWaitingBytes) stream.destroy()
  }

  const shows = (call: ChangedCall): boolean => matches(call, filter, ids)
  // Nobody is told of what is not theirs, not even that it is gone.
  const isOwn = ({ now }: Change): boolean => filter.tenant === undefined || now.item.tenant === filter.tenant

  return {
    stream,
    tenant: filter.tenant,
    resumeFrom,
    isNew: true,
    q: filter.q,
    send,
    name(named) {
      ids = named
    },
    tell(changes, { id, completeUntilMs }) {
      const own = changes.filter(isOwn)
      const calls = own.filter(({ now }) => shows(now)).map(({ now }) => now.item)
      const gone = own
        .filter(({ now, before }) => !shows(now) && (before === undefined || shows(before)))
        .map(({ now: { item } }) => ({ tenant: item.tenant, id: item.id }))
      for (let at = 0; at < Math.max(calls.length, gone.length); at += callsPerEvent) {
        const part = { calls: calls.slice(at, at + callsPerEvent), gone: gone.slice(at, at + callsPerEvent) }
        send({ event: 'calls', id, data: { ...part, completeUntilMs } satisfies LiveCalls })
      }
    },
  }
}

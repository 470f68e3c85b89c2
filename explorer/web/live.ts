import { ApiError, initOf, problemOf, questionOf, reach } from './api.ts'
import type { CallQuery, LiveCalls } from './api-types.ts'
import { createEventReader, type StreamEvent } from './event-stream.ts'
import { longUnseen, untilSeen } from './sight.ts'
import { createStore } from './store.ts'
import { chance, now } from './world.ts'

export interface Tick {
  readonly nowMs: number
  readonly completeUntilMs?: number
}

/** Which calls, or only that the server is there. */
export interface LiveQuery extends CallQuery {
  readonly only?: 'ticks'
}

/** What a part of the page wants to hear. */
export interface LiveHandlers {
  calls?(batch: LiveCalls): void
  tick?(tick: Tick): void
  /** Too much was missed to be told one by one: load anew. */
  reset?(): void
}

export interface LiveStream {
  /** Where to resume from, for a stream that is opened later. */
  readonly lastId: string | undefined
  close(): void
}

export type LiveStatus =
  | { readonly type: 'connecting' }
  | { readonly type: 'live' }
  /** The server is there, and does not let us listen. */
  | { readonly type: 'off' }
  /** Since when nothing was heard. */
  | { readonly type: 'lost'; readonly sinceMs: number; readonly tries: number }

/** How the page hears the server at present. */
export const liveStatus = createStore<LiveStatus>({ type: 'connecting' })

/** When the server was last heard, by any stream. */
export const heardMs = createStore<number | undefined>(undefined)

/** A server that was never heard is gone since the page was loaded, by this server. */
const loadedMs = now()

/** Ticks come every 5 s: after three that did not come, the connection is dead, whatever the browser thinks. */
const silenceMs = 16_000

/** Waits before attempt n (from 1): 0.5 s, 1 s, 2 s ... 15 s, up to a third more, so that pages do not return as one. */
export const waitBeforeMs = (attempt: number, random: number): number =>
  Math.min(15_000, 500 * 2 ** Math.min(attempt - 1, 10)) * (1 + random / 3)

/**
 * Listens to calls that match, for as long as it is not closed: reconnects, and resumes where it was cut. A page that
 * nobody looks at rests.
 */
export function openLive(query: LiveQuery, handlers: LiveHandlers, resumeFrom?: string): LiveStream {
  const closed = new AbortController()
  const stream = { lastId: resumeFrom, close: () => closed.abort() }
  const hear = (event: StreamEvent): void => {
    if (event.id !== undefined) stream.lastId = event.id
    tell(event, handlers)
  }
  void keepListening(query, { hear, lastId: () => stream.lastId, ended: closed.signal, lost: () => handlers.reset?.() })
  return stream
}

function tell({ event, data }: StreamEvent, handlers: LiveHandlers): void {
  if (event === 'calls') handlers.calls?.(JSON.parse(data) as LiveCalls)
  else if (event === 'tick') handlers.tick?.(JSON.parse(data) as Tick)
  else if (event === 'reset') handlers.reset?.()
}

interface Listening {
  readonly hear: (event: StreamEvent) => void
  readonly lastId: () => string | undefined
  /** Nobody can say what was missed. */
  readonly lost: () => void
  readonly ended: AbortSignal
}

async function keepListening(query: LiveQuery, listening: Listening): Promise<void> {
  const { ended, lastId, lost } = listening
  let tries = 0
  while (!ended.aborted) {
    const heardBefore = heardMs.get()
    const { error, isUnseen } = await listenWhileSeen(query, listening)
    if (ended.aborted) return
    if (isUnseen) {
      liveStatus.set({ type: 'connecting' })
      await untilSeen(ended)
      if (lastId() === undefined && !ended.aborted) lost()
      continue
    }
    tries = heardMs.get() === heardBefore ? tries + 1 : 1
    const refused = error instanceof ApiError && !error.unreachable
    liveStatus.set(refused ? { type: 'off' } : { type: 'lost', sinceMs: heardMs.get() ?? loadedMs, tries })
    // Asking the same again would be refused again; a server that has no room may have some later.
    if (refused && error.status < 500 && error.status !== 429) return
    await pause(waitBeforeMs(tries, chance()), ended)
  }
}

async function listenWhileSeen(query: LiveQuery, listening: Listening) {
  const over = new AbortController()
  const unseen = longUnseen(AbortSignal.any([listening.ended, over.signal]))
  const ended = AbortSignal.any([listening.ended, unseen])
  const error = await listenOnce(query, { ...listening, ended }).catch((thrown: unknown) => thrown)
  over.abort()
  return { error, isUnseen: unseen.aborted }
}

async function listenOnce(query: LiveQuery, { hear, lastId, ended }: Listening): Promise<void> {
  const silent = new AbortController()
  let watchdog = setTimeout(() => silent.abort(), silenceMs)
  const heard = (): void => {
    clearTimeout(watchdog)
    watchdog = setTimeout(() => silent.abort(), silenceMs)
    heardMs.set(now())
    liveStatus.set({ type: 'live' })
  }
  try {
    const body = await openBody(query, lastId(), AbortSignal.any([ended, silent.signal]))
    heard()
    const read = createEventReader()
    for (let piece = await body.read(); !piece.done; piece = await body.read()) {
      heard()
      for (const event of read(piece.value)) hear(event)
    }
  } finally {
    clearTimeout(watchdog)
    silent.abort()
  }
}

async function openBody(
  query: LiveQuery,
  lastId: string | undefined,
  signal: AbortSignal,
): Promise<ReadableStreamDefaultReader<string>> {
  const { limit: _, cursor: __, sort: ___, order: ____, ...filter } = query
  const resume = lastId === undefined ? {} : { 'last-event-id': lastId }
  const question = questionOf('/api/calls/live', filter)
  const response = await reach(question.url, {
    ...initOf(question, { accept: 'text/event-stream', ...resume }),
    signal,
  })
  if (!response.ok || response.body === null) throw await problemOf(response)
  return response.body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader()
}

/** Ends early when closed, and when the browser says that there is a network again. */
function pause(ms: number, closed: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const ended = new AbortController()
    const end = (): void => {
      clearTimeout(timer)
      ended.abort()
      done()
    }
    const timer = setTimeout(end, ms)
    closed.addEventListener('abort', end, { signal: ended.signal })
    addEventListener('online', end, { signal: ended.signal })
  })
}

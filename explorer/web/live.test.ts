import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type LiveStream, openLive } from './live.ts'
import { restAfterMs } from './sight.ts'

/** One request for the live stream, and what the server says in it. */
interface Asked {
  readonly lastId: string | undefined
  readonly signal: AbortSignal
  say(text: string): void
}

let asked: Asked[] = []
let page: EventTarget & { hidden: boolean }
let stream: LiveStream | undefined

function answer(_: string, { headers, signal }: { headers: Record<string, string>; signal: AbortSignal }) {
  const body = new TransformStream<Uint8Array, Uint8Array>()
  const writer = body.writable.getWriter()
  signal.addEventListener('abort', () => void writer.abort(signal.reason).catch(() => undefined))
  asked.push({
    lastId: headers['last-event-id'],
    signal,
    say: (text) => void writer.write(new TextEncoder().encode(text)).catch(() => undefined),
  })
  return Promise.resolve(new Response(body.readable, { headers: { 'content-type': 'text/event-stream' } }))
}

const look = async (hidden: boolean): Promise<void> => {
  page.hidden = hidden
  page.dispatchEvent(new Event('visibilitychange'))
  await vi.advanceTimersByTimeAsync(0)
}

/** Ticks as the server sends them, or the page would take it for dead. */
async function passMs(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5_000) {
    asked.at(-1)?.say('event: tick\nid: 7\ndata: {"nowMs":1}\n\n')
    await vi.advanceTimersByTimeAsync(Math.min(5_000, left))
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  asked = []
  page = Object.assign(new EventTarget(), { hidden: false })
  vi.stubGlobal('document', page)
  vi.stubGlobal('addEventListener', () => undefined)
  vi.stubGlobal('sessionStorage', undefined)
  vi.stubGlobal('fetch', answer)
})

afterEach(() => {
  stream?.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('a page that nobody looks at', () => {
  test('gives its stream back after a while, and goes on where it was once somebody looks', async () => {
    stream = openLive({}, {})
    await passMs(5_000)
    await look(true)
    await passMs(restAfterMs + 1_000)
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true])
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(asked).toHaveLength(1)
    await look(false)
    expect(asked.map(({ lastId }) => lastId)).toEqual([undefined, '7'])
    expect(asked[1]?.signal.aborted).toBe(false)
  })

  test('keeps its stream when it is hidden for a moment only', async () => {
    stream = openLive({}, {})
    await look(true)
    await passMs(restAfterMs - 5_000)
    await look(false)
    await passMs(60_000)
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([false])
  })

  test('loads anew where nobody ever said from where to go on', async () => {
    const reset = vi.fn()
    page.hidden = true
    stream = openLive({}, { reset })
    await vi.advanceTimersByTimeAsync(0)
    await look(true)
    asked.at(-1)?.say(': nothing\n\n')
    await vi.advanceTimersByTimeAsync(15_000)
    asked.at(-1)?.say(': nothing\n\n')
    await vi.advanceTimersByTimeAsync(15_000)
    expect(reset).not.toHaveBeenCalled()
    await look(false)
    expect(reset).toHaveBeenCalledOnce()
  })

  test('stays closed once it is closed', async () => {
    stream = openLive({}, {})
    await look(true)
    await passMs(restAfterMs + 1_000)
    stream.close()
    await look(false)
    expect(asked).toHaveLength(1)
  })
})

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CallState } from '../api-types.ts'
import { aRecord } from './calls-for-tests.ts'
import { createCallLoader } from './load-call.ts'

let asked: string[] = []
let record: { readonly state: CallState; readonly version: number }
let samplesStatus: number
let load: ReturnType<typeof createCallLoader>

function answer(url: string): Promise<Response> {
  asked.push(url.includes('/samples') ? 'samples' : 'call')
  if (url.includes('/samples'))
    return Promise.resolve(
      Response.json({ streams: [], truncated: false, thresholds: { mos: {} } }, { status: samplesStatus }),
    )
  return Promise.resolve(Response.json({ version: record.version, record: aRecord({ state: record.state }) }))
}

const loaded = () => load(new AbortController().signal)
/** What is asked for when the call is loaded once more. */
async function askedNext(): Promise<readonly string[]> {
  asked = []
  await loaded()
  return asked
}

beforeEach(async () => {
  vi.useFakeTimers()
  vi.stubGlobal('sessionStorage', undefined)
  vi.stubGlobal('fetch', answer)
  samplesStatus = 200
  record = { state: 'open', version: 1 }
  load = createCallLoader('call-1', 'acme')
  await loaded()
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('the samples of a call', () => {
  test('are not asked for again while its record is the same, and nothing is drawn anew', async () => {
    const before = await loaded()
    vi.advanceTimersByTime(60_000)
    expect(await askedNext()).toEqual(['call'])
    expect(await loaded()).toBe(before)
  })

  test('of a call that goes on come every ten seconds, however often its record changes', async () => {
    record = { state: 'open', version: 2 }
    expect(await askedNext()).toEqual(['call'])
    expect((await loaded()).whole.version).toBe(2)
    vi.advanceTimersByTime(10_000)
    expect(await askedNext()).toEqual(['call', 'samples'])
  })

  test('come at once when the call is settled', async () => {
    record = { state: 'settled', version: 2 }
    expect(await askedNext()).toEqual(['call', 'samples'])
    expect(await askedNext()).toEqual(['call'])
  })

  test('that could not be had are asked for again, and the call is shown without them', async () => {
    samplesStatus = 503
    load = createCallLoader('call-1', 'acme')
    expect(await loaded()).toMatchObject({ whole: { version: 1 }, samples: undefined, samplesError: { status: 503 } })
    samplesStatus = 200
    vi.advanceTimersByTime(10_000)
    expect(await loaded()).toMatchObject({ samples: { streams: [] }, samplesError: undefined })
  })
})

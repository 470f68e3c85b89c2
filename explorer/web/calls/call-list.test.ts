import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CallListItem, CallPage } from '../api-types.ts'
import type { LiveHandlers } from '../live.ts'
import { type CallList, createCallList } from './call-list.ts'
import { readFilters } from './filters.ts'

const live = vi.hoisted(() => ({ handlers: undefined as LiveHandlers | undefined }))
vi.mock('../live.ts', () => ({
  openLive: (_: object, handlers: LiveHandlers) => {
    live.handlers = handlers
    return { lastId: '1', close: () => undefined }
  },
}))

const aCall = (id: string, startedMs: number, version = 1): CallListItem => ({
  tenant: 'acme',
  id,
  startedMs,
  version,
  state: 'settled',
  class: 'good',
  disposition: 'answered',
  conference: false,
  reasons: [],
  findings: [],
})

/** Answers that were asked for and did not come yet. */
let owed: ((answer: CallPage | number) => Promise<void>)[] = []
let list: CallList

const ask = (): Promise<Response> =>
  new Promise((done) => {
    owed.push(async (answer) => {
      done(typeof answer === 'number' ? new Response('{}', { status: answer }) : Response.json(answer))
      await vi.advanceTimersByTimeAsync(0)
    })
  })
const shown = () => list.state.get().calls.map(({ id, version }) => `${id}${version}`)
const waiting = () => list.state.get().waiting.map(({ id }) => id)
const tell = (...calls: CallListItem[]) => live.handlers?.calls?.({ calls, gone: [] })

beforeEach(() => {
  vi.useFakeTimers()
  owed = []
  vi.stubGlobal('sessionStorage', undefined)
  vi.stubGlobal('fetch', ask)
  list = createCallList(readFilters(''))
  list.listen()
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('what is told while a page is on its way', () => {
  test('is newer than the first page, which was read before', async () => {
    tell(aCall('a', 100, 2), aCall('new', 300))
    expect(shown()).toEqual([])
    await owed[0]?.({ calls: [aCall('b', 200), aCall('a', 100)] })
    expect(shown()).toEqual(['b1', 'a2'])
    expect(waiting()).toEqual(['new'])
  })

  test('is not lost when the list is loaded anew', async () => {
    await owed[0]?.({ calls: [aCall('a', 100)] })
    live.handlers?.reset?.()
    tell(aCall('a', 100, 3))
    await owed[1]?.({ calls: [aCall('a', 100, 2)] })
    expect(shown()).toEqual(['a3'])
  })

  test('changes a call further down that comes with the next page', async () => {
    await owed[0]?.({ calls: [aCall('b', 200)], nextCursor: 'x' })
    list.loadMore()
    tell(aCall('a', 100, 2))
    await owed[1]?.({ calls: [aCall('a', 100)] })
    expect(shown()).toEqual(['b1', 'a2'])
    expect(waiting()).toEqual([])
  })
})

describe('a list that could not be loaded', () => {
  test('is loaded once the server is heard again, and says until then what went wrong', async () => {
    await owed[0]?.(503)
    tell(aCall('new', 300))
    expect(shown()).toEqual([])
    expect(waiting()).toEqual([])
    live.handlers?.tick?.({ nowMs: 1 })
    live.handlers?.tick?.({ nowMs: 2 })
    expect(owed).toHaveLength(2)
    expect(list.state.get().error).toBeDefined()
    await owed[1]?.({ calls: [aCall('a', 100)] })
    expect(shown()).toEqual(['a1'])
    expect(list.state.get().error).toBeUndefined()
  })

  test('leaves the rows above alone where only the next page failed', async () => {
    await owed[0]?.({ calls: [aCall('b', 200)], nextCursor: 'x' })
    list.loadMore()
    await owed[1]?.(503)
    live.handlers?.tick?.({ nowMs: 1 })
    expect(owed).toHaveLength(2)
    list.again()
    await owed[2]?.({ calls: [aCall('a', 100)] })
    expect(shown()).toEqual(['b1', 'a1'])
  })
})

test('a tick that says less than was complete already does not put the time back', async () => {
  await owed[0]?.({ calls: [], completeUntilMs: 500 })
  live.handlers?.tick?.({ nowMs: 1, completeUntilMs: 900 })
  list.reload()
  await owed[1]?.({ calls: [], completeUntilMs: 700 })
  live.handlers?.tick?.({ nowMs: 2, completeUntilMs: 800 })
  expect(list.state.get().completeUntilMs).toBe(900)
})

import { describe, expect, test } from 'vitest'
import type { Announcement, Change } from '#contracts/changes.ts'
import { LastingError, unavailable } from '#contracts/errors.ts'
import { createBacklog } from '#pipelines/summaries/backlog.ts'
import { createLane, type Lane } from '#pipelines/summaries/lane.ts'
import { createProgress } from '#pipelines/summaries/progress.ts'
import type { FailedCall, RecomputeParts } from '#pipelines/summaries/recompute.ts'
import { createSecondChances } from '#pipelines/summaries/second-chances.ts'
import { createStandingClasses } from '#pipelines/summaries/standing-classes.ts'
import { defaultSummariesLimits } from '#pipelines/summaries/summaries.ts'
import { createTroubles } from '#pipelines/summaries/troubles.ts'
import { createModelStores, type ModelStores, modelTenant } from './model-stores.ts'
import { createActor, recomputeSteps, stepwise } from './turns.ts'

const startMs = Date.UTC(2026, 2, 4, 9)
const minute = startMs / 60_000
const shift = { owns: () => true, logNowMs: startMs, signal: new AbortController().signal }

const change = (id: string, given: Partial<Change> = {}): Change => ({
  ...{ tenant: modelTenant, id, minutes: [minute], rescore: false, cumulative: false, urgency: 'running', worst: 0 },
  ...given,
})

/** A backlog and what its lanes share; what they append to the log is kept here. */
function aHall() {
  const backlog = createBacklog({ runningDelayMs: 15_000, standing: () => undefined })
  const appended: Change[] = []
  const givenUp: FailedCall[] = []
  const retries: Error[] = []
  const shared = {
    backlog,
    limits: { ...defaultSummariesLimits, retryAfterMs: 1 },
    standing: createStandingClasses(),
    progress: createProgress(() => performance.now()),
    troubles: createTroubles(),
    chances: createSecondChances([]),
    log: {
      async append(records: readonly { readonly value: string | Uint8Array }[]) {
        for (const { value } of records) appended.push(...(JSON.parse(String(value)) as Announcement).changes)
      },
    },
    giveUp: async (failed: readonly FailedCall[]) => void givenUp.push(...failed),
    observer: {
      recomputed: () => undefined,
      backlog: () => undefined,
      shown: () => undefined,
      retry: (cause: Error) => void retries.push(cause),
    },
  }
  const aLane = (recompute: RecomputeParts, batch = 10, cycleMs = 0): Lane =>
    createLane({ ...shared, recompute, batch, cycleMs })
  return { backlog, appended, givenUp, retries, aLane }
}

function aCall(stores: ModelStores, id: string): void {
  stores.addEvent(id, 'call.started', startMs)
  stores.addEvent(id, 'call.answered', startMs + 2_000)
  stores.addPacket(id, minute)
}

const packetsOf = (stores: ModelStores) =>
  stores
    .live()
    .map(({ id, streams }) => [id, streams.reduce((sum, { packetsReceived = 0 }) => sum + packetsReceived, 0)])

/** Fails where one of these calls is read; which, is the store's own secret. */
const failingFor = (parts: RecomputeParts, id: string, error: Error): RecomputeParts => ({
  ...parts,
  inputs: {
    ...parts.inputs,
    async members(members) {
      if (members.some((member) => member.id === id)) throw error
      return parts.inputs.members(members)
    },
  },
})

describe('two lanes with one call in hand', () => {
  test('the record holds what either was told, wherever the running one was when the other came', async () => {
    for (let steps = 0; steps <= recomputeSteps.length; steps++) {
      const stores = createModelStores()
      aCall(stores, 'a')
      const { backlog, appended, aLane } = aHall()
      stores.addPacket('a', minute + 1)
      backlog.add(0, 0, 0, [change('a', { minutes: [minute, minute + 1] })])
      const slow = createActor(async (turn) => {
        const lane = aLane(stepwise(stores.parts, turn))
        lane.start(backlog.takeRipe(20_000, 10), shift)
        await lane.settled()
      })
      for (let step = 0; step < steps; step++) await slow.step()

      stores.addPacket('a', minute)
      stores.addEvent('a', 'call.ended', startMs + 30_000)
      backlog.add(0, 1, 20_000, [change('a', { urgency: 'now' })])
      const quick = aLane(stores.parts)
      quick.start(backlog.take(20_000, 10), shift)
      await quick.settled()
      await slow.finish()
      // What was dropped was announced again, before its offset could be committed.
      expect(backlog.committable().get(0)).toBe(2)
      for (const [at, again] of appended.splice(0).entries()) backlog.add(1, at, 20_000, [again])
      quick.start(backlog.take(100_000, 10), shift)
      await quick.settled()

      expect([steps, packetsOf(stores), stores.live().map(({ eventCount }) => eventCount)]).toEqual([
        steps,
        [['a', 3]],
        [3],
      ])
      expect([appended, backlog.size]).toEqual([[], 0])
    }
  })
})

describe('a lane', () => {
  test('rests after a small batch, and not after a full one', async () => {
    const stores = createModelStores()
    const { backlog, aLane } = aHall()
    const lane = aLane(stores.parts, 2, 60_000)
    for (const [ids, free] of [
      [['a', 'b'], true],
      [['c'], false],
    ] as const) {
      for (const id of ids) aCall(stores, id)
      backlog.add(
        0,
        0,
        0,
        ids.map((id) => change(id, { urgency: 'now' })),
      )
      lane.start(backlog.take(0, 10), shift)
      expect(lane.isFree()).toBe(false)
      await lane.settled()
      expect(lane.isFree()).toBe(free)
    }
    expect(stores.live()).toHaveLength(3)
  })

  test('finds the call among many that fails for good, gives that one up and computes the others', async () => {
    const stores = createModelStores()
    const { backlog, givenUp, retries, aLane } = aHall()
    const ids = ['a', 'b', 'c', 'd', 'e']
    for (const id of ids) aCall(stores, id)
    backlog.add(
      0,
      0,
      0,
      ids.map((id) => change(id, { urgency: 'now' })),
    )
    const lane = aLane(failingFor(stores.parts, 'd', new LastingError('the data of a stored event is not JSON')))
    lane.start(backlog.take(0, 10), shift)
    await lane.settled()
    expect(givenUp.map(({ change: { id } }) => id)).toEqual(['d'])
    expect(
      stores
        .live()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['a', 'b', 'c', 'e'])
    expect([backlog.size, backlog.committable().get(0), retries.length > 0]).toEqual([0, 1, true])
  })

  test('gives back what fails for now, and commits nothing of it', async () => {
    const stores = createModelStores()
    const { backlog, givenUp, aLane } = aHall()
    aCall(stores, 'a')
    backlog.add(0, 7, 0, [change('a', { urgency: 'now' })])
    const lane = aLane(failingFor(stores.parts, 'a', new Error('connection reset')))
    lane.start(backlog.take(0, 10), shift)
    await lane.settled()
    expect([givenUp, backlog.size, backlog.committable().get(0)]).toEqual([[], 1, 7])
    const mended = aLane(stores.parts)
    mended.start(backlog.take(0, 10), shift)
    await mended.settled()
    expect([packetsOf(stores), backlog.committable().get(0)]).toEqual([[['a', 1]], 8])
  })

  test('blames no call for a store that fails whoever asks, again and again, while others come through', async () => {
    const stores = createModelStores()
    const { backlog, givenUp, aLane } = aHall()
    const away = unavailable(new Error('ECONNRESET: the connection was cut'))
    aCall(stores, 'a')
    backlog.add(0, 7, 0, [change('a', { urgency: 'now' })])
    for (const [at, id] of ['b', 'c', 'd', 'e', 'f'].entries()) {
      aCall(stores, id)
      backlog.add(1, at, 0, [change(id, { urgency: 'now' })])
      const [ofA, others] = [aLane(failingFor(stores.parts, 'a', away)), aLane(stores.parts)]
      const taken = Map.groupBy(backlog.take(0, 10), (waiting) => waiting.change.id === 'a')
      ofA.start(taken.get(true) ?? [], shift)
      others.start(taken.get(false) ?? [], shift)
      await Promise.all([ofA.settled(), others.settled()])
    }
    expect([stores.live().length, backlog.size, backlog.committable().get(0)]).toEqual([5, 1, 7])
    expect(givenUp).toEqual([])
  })
})

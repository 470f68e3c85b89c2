import { describe, expect, test } from 'vitest'
import { type Change, recordOnly } from '#contracts/changes.ts'
import { LastingError, unavailable } from '#contracts/errors.ts'
import type { NewRecord } from '#contracts/event-log.ts'
import { createBacklog } from '#pipelines/summaries/backlog.ts'
import { createLane } from '#pipelines/summaries/lane.ts'
import { createProgress } from '#pipelines/summaries/progress.ts'
import type { RecomputeParts } from '#pipelines/summaries/recompute.ts'
import { createSecondChances } from '#pipelines/summaries/second-chances.ts'
import { createStandingClasses } from '#pipelines/summaries/standing-classes.ts'
import { defaultSummariesLimits } from '#pipelines/summaries/summaries.ts'
import { createTroubles } from '#pipelines/summaries/troubles.ts'
import { createModelStores, modelTenant as tenant } from '#tests/faults/model-stores.ts'
import { giveUpOn } from './give-up.ts'

const startedMs = Date.UTC(2026, 4, 1, 12)
const guilty = 'guilty'
const innocent = ['a', 'b', 'c', 'd', 'e', 'f', 'h', 'i', 'j']

const names = (value: unknown): boolean => JSON.stringify(value)?.includes(guilty) === true

/** The same stores, but for one question or write: it fails wherever the guilty call is in it. */
const failing = <Part extends object>(part: Part, method: keyof Part, error: Error): Part => ({
  ...part,
  async [method](...given: unknown[]) {
    if (names(given)) throw error
    return (part[method] as (...given: unknown[]) => unknown)(...given)
  },
})

/** Every step of a recompute that a store may refuse. */
const steps: Readonly<Record<string, (parts: RecomputeParts, error: Error) => RecomputeParts>> = {
  links: (parts, error) => ({ ...parts, links: failing(parts.links, 'edges', error) }),
  cuts: (parts, error) => ({ ...parts, cuts: failing(parts.cuts, 'naming', error) }),
  'claims and places': (parts, error) => ({ ...parts, writer: failing(parts.writer, 'appendPlaces', error) }),
  minutes: (parts, error) => ({ ...parts, minutes: failing(parts.minutes, 'recompute', error) }),
  inputs: (parts, error) => ({ ...parts, inputs: failing(parts.inputs, 'members', error) }),
  evidence: (parts, error) => ({ ...parts, inputs: failing(parts.inputs, 'evidence', error) }),
  'frozen records': (parts, error) => ({ ...parts, inputs: failing(parts.inputs, 'frozen', error) }),
  'look back': (parts, error) => ({ ...parts, writer: failing(parts.writer, 'places', error) }),
  record: (parts, error) => ({ ...parts, writer: failing(parts.writer, 'write', error) }),
}

/** One lane, and the desk that gives calls up, both on the same failing stores. */
function anInstall(spoil: (parts: RecomputeParts) => RecomputeParts, shown: () => void = () => undefined) {
  const stores = createModelStores()
  const parts = spoil(stores.parts)
  const letters: NewRecord[] = []
  const forwarded: NewRecord[] = []
  const retries: Error[] = []
  let told = 0
  const backlog = createBacklog({ runningDelayMs: 0, standing: () => undefined })
  const lane = createLane({
    ...{ recompute: parts, backlog, batch: 100, cycleMs: 0 },
    limits: { ...defaultSummariesLimits, retryAfterMs: 1 },
    ...{ standing: createStandingClasses(), troubles: createTroubles(), chances: createSecondChances([]) },
    progress: createProgress(() => performance.now()),
    log: { append: async (records) => void forwarded.push(...records) },
    giveUp: giveUpOn({
      ...parts,
      log: { append: async (records) => void letters.push(...records) },
      componentsOf: async ({ id }) => [{ members: [id] }],
      logNow: () => startedMs,
      count: (calls) => {
        told += calls
      },
    }),
    observer: {
      ...{ recomputed: () => undefined, backlog: () => undefined, shown },
      retry: (cause) => void retries.push(cause),
    },
  })
  const compute = async (owns: (shard: number) => boolean = () => true): Promise<void> => {
    lane.start(backlog.take(startedMs, 100), { owns, logNowMs: startedMs, signal: new AbortController().signal })
    await lane.settled()
  }
  return { ...stores, backlog, letters, retries, compute, told: () => told }
}

const announced = (ids: readonly string[]): readonly Change[] => ids.map((id) => recordOnly({ tenant, id }))

describe('whatever one call makes a store refuse, in whichever step, costs that call alone', () => {
  const causes = {
    'the store refuses it for good': new LastingError('ClickHouse error 25 (CANNOT_PARSE_ESCAPE_SEQUENCE)'),
    'our own code throws over it': new TypeError('undefined is not a function'),
  }
  for (const [step, spoil] of Object.entries(steps))
    for (const [what, error] of Object.entries(causes))
      test(`${step}: ${what}`, async () => {
        const { parts, live, addEvent, backlog, letters, compute, told } = anInstall((sound) => spoil(sound, error))
        // It has been computed before.
        await parts.writer.appendPlaces([{ tenant, id: guilty, canonical: guilty, atMs: startedMs, version: 0 }])
        for (const id of [...innocent, guilty]) addEvent(id, 'call.started', startedMs)
        backlog.add(0, 0, startedMs, announced([...innocent.slice(0, 4), guilty, ...innocent.slice(4)]))
        await compute()
        const computed = live().filter(({ verdict }) => verdict.unclassified !== 'not_computed')
        expect(computed.map(({ id }) => id).sort()).toEqual(innocent)
        expect([letters.length, told()]).toEqual([1, 1])
        expect([backlog.size, backlog.committable().get(0)]).toEqual([0, 1])
      })

  test('and what it makes impossible for no reason that is known is given up after some tries', async () => {
    const unknown = new Error('ClickHouse error 4711 (OF_NO_KNOWN_KIND)')
    const { live, addEvent, backlog, letters, compute } = anInstall((parts) => steps.record?.(parts, unknown) ?? parts)
    for (const id of [...innocent, guilty]) addEvent(id, 'call.started', startedMs)
    backlog.add(0, 0, startedMs, announced([...innocent, guilty]))
    for (let tries = 0; tries < 30 && backlog.size > 0; tries++) await compute()
    expect([live().length, letters.length, backlog.size]).toEqual([innocent.length, 1, 0])
  })
})

describe('a call that fails alone, with nothing else to compute', () => {
  test('is not tried for ever', async () => {
    const unknown = new Error('ClickHouse error 4711 (OF_NO_KNOWN_KIND)')
    const { addEvent, backlog, letters, retries, compute } = anInstall(
      (parts) => steps.inputs?.(parts, unknown) ?? parts,
    )
    addEvent(guilty, 'call.started', startedMs)
    backlog.add(0, 0, startedMs, announced([guilty]))
    for (let tries = 0; tries < 50 && backlog.size > 0; tries++) await compute()
    expect([backlog.size, letters.length]).toEqual([0, 1])
    expect(retries.length).toBeLessThan(40)
  })

  test('waits for a store that is away, however long that is', async () => {
    const away = unavailable(new Error('ECONNREFUSED: nobody answers there'))
    const { addEvent, backlog, letters, compute } = anInstall((parts) => steps.inputs?.(parts, away) ?? parts)
    addEvent(guilty, 'call.started', startedMs)
    backlog.add(0, 0, startedMs, announced([guilty]))
    for (let tries = 0; tries < 100; tries++) await compute()
    expect([backlog.size, letters.length]).toEqual([1, 0])
  })
})

test('a call that is computed stays computed, even where telling of it fails', async () => {
  const { live, addEvent, backlog, compute, retries } = anInstall(
    (parts) => parts,
    () => {
      throw new TypeError('a metric could not be told')
    },
  )
  addEvent('a', 'call.started', startedMs)
  backlog.add(0, 0, startedMs, announced(['a']))
  await compute()
  expect([live().map(({ verdict }) => verdict.unclassified), backlog.size, retries.length]).toEqual([
    ['not_answered'],
    0,
    1,
  ])
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProfileCache, type ProfileCache } from '#app/profiles/profile-cache.ts'
import { createProfileDesk, type ProfileDeskParts } from '#app/profiles/profile-desk.ts'
import { defaultProfile, type QualityProfile } from '#quality/profile.ts'
import { takeCensus } from '#warehouse/summaries/census.ts'
import { aStage, everyFew, type Flow, type Stage, startFlow } from './flow.ts'

let flow: Flow
/** Of who sets profiles, and of who judges by them: two processes, as on shared stores. */
let cache: ProfileCache | undefined
let workers: ProfileCache | undefined
beforeAll(async () => {
  flow = await startFlow(Date.now(), {
    profileOf: (tenant, atMs) => workers?.profileOf(tenant, atMs) ?? defaultProfile,
    refreshProfiles: async () => workers?.refresh(),
  })
  cache = await createProfileCache(flow.registry)
  workers = await createProfileCache(flow.registry)
})
afterAll(() => flow?.stop())

/** Loss of 3 %: degraded by the default. */
const aLossyCall = ({ at, event, sample }: Stage, id: string, from: number) => [
  event(id, 'call.started', at(from)),
  event(id, 'call.answered', at(from)),
  ...everyFew(from, from + 60).map((second) => sample(id, at(second), { packets_received: 970, packets_lost: 30 })),
  event(id, 'call.ended', at(from + 60)),
]

const version = (name: string, more: Partial<QualityProfile> = {}): QualityProfile => ({
  ...defaultProfile,
  mosHundredths: {},
  ...more,
  version: name,
})
const forgiving = { lossBasisPoints: { degraded: 1_000, poor: 2_000 } }

function aDesk(more: Partial<Pick<ProfileDeskParts, 'log' | 'untilKnown'>> = {}) {
  if (cache === undefined) throw new Error('no cache yet')
  const census = () => takeCensus(flow.warehouse, () => true)
  return createProfileDesk({ ...flow, cache, census, clock: flow.clock.now, ...more })
}

const judged = async (tenant: string) =>
  Object.fromEntries(
    Object.values(await flow.settled(tenant)).map(({ id, verdict, profileVersion }) => [
      id,
      [verdict.class, profileVersion],
    ]),
  )

test('a call is judged by the profile of its start, other tenants by theirs, and what was judged before is judged anew', async () => {
  const stage = aStage(flow)
  const other = aStage(flow)
  await flow.deliver(
    ...aLossyCall(stage, 'before', 0),
    ...aLossyCall(stage, 'after', 240),
    ...aLossyCall(other, 'theirs', 240),
  )
  expect(await judged(stage.tenant)).toEqual({ before: ['degraded', 'default-1'], after: ['degraded', 'default-1'] })
  const { calls } = await aDesk().set({
    ...{ tenant: stage.tenant, profile: version('forgiving', forgiving), validFromMs: stage.at(180) },
  })
  expect(calls).toBe(1)
  expect(await judged(stage.tenant)).toEqual({ before: ['degraded', 'default-1'], after: ['good', 'forgiving'] })
  expect(await judged(other.tenant)).toEqual({ theirs: ['degraded', 'default-1'] })
  expect(await flow.auditor.look(stage.at(0), stage.at(600))).toEqual([])
})

test('a call that lasts beyond the start of a profile has its later minutes scored by it', async () => {
  const stage = aStage(flow)
  const from = (60 - (Math.floor(stage.at(0) / 1_000) % 60)) % 60
  await aDesk({ untilKnown: async () => workers?.refresh() }).set({
    ...{ tenant: stage.tenant, profile: version('later', forgiving), validFromMs: stage.at(from + 60) },
  })
  const { at, event, sample } = stage
  await flow.deliver(
    event('long', 'call.started', at(from)),
    event('long', 'call.answered', at(from)),
    ...everyFew(from, from + 120).map((second) =>
      sample('long', at(second), { packets_received: 970, packets_lost: 30 }),
    ),
  )
  const { long } = await flow.settled(stage.tenant)
  expect(long).toMatchObject({ profileVersion: 'default-1', streams: [{ class: 'degraded', degradedMs: 55_000 }] })
})

test('the same profile told again is announced again; another of its name, or of its moment, is refused', async () => {
  const { tenant, at } = aStage(flow)
  const desk = aDesk()
  const first = await desk.set({ tenant, profile: version('one'), validFromMs: at(0) })
  expect(await desk.set({ tenant, profile: version('one') })).toEqual(first)
  await expect(desk.set({ tenant, profile: version('one', forgiving) })).rejects.toThrow(/^version: /)
  await expect(desk.set({ tenant, profile: version('two'), validFromMs: at(0) })).rejects.toThrow(/--valid-from/)
  await expect(desk.set({ tenant, profile: version('default-1', forgiving) })).rejects.toThrow(/comes with the program/)
  await expect(desk.set({ tenant: 'nobody', profile: version('one') })).rejects.toThrow(/no tenant "nobody"/)
  expect((await desk.list(tenant)).profiles.map(({ version }) => version)).toEqual(['default-1', 'one'])
})

test('a recompute that cannot announce is a failed run, and told again a new one', async () => {
  const stage = aStage(flow)
  const { tenant } = stage
  await flow.deliver(...aLossyCall(stage, 'call', 0))
  await flow.settled(tenant)
  const wanted = { tenant, profile: version('forgiving', forgiving), validFromMs: 0 }
  const log = { append: () => Promise.reject(new Error("The disk is full: '/home/anna/log.sqlite'")) }
  await expect(aDesk({ log }).set(wanted)).rejects.toThrow(/disk is full/)
  const subject = `profile forgiving of ${tenant}`
  const runs = async () => (await flow.registry.runs.list(10)).filter((run) => run.subject === subject)
  expect(await runs()).toMatchObject([{ status: 'failed', error: "The disk is full: '…'", counts: {} }])
  await aDesk().set(wanted)
  expect((await runs()).map(({ status }) => status).sort()).toEqual(['failed', 'succeeded'])
})

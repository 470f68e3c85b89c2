import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLinkDesk } from '#app/desk/link-desk.ts'
import { resolveComponents } from '#pipelines/summaries/components.ts'
import { createLinkReader } from '#warehouse/summaries/link-reader.ts'
import { aStage, type Flow, type Stage, startFlow } from './flow.ts'

let flow: Flow
beforeAll(async () => {
  flow = await startFlow(Date.now())
})
afterAll(() => flow?.stop())

const aDesk = (log: Pick<Flow['log'], 'append'> = flow.log) =>
  createLinkDesk({
    ...flow,
    log,
    async componentsOf(members) {
      const links = createLinkReader(flow.warehouse)
      return [...(await resolveComponents(members, { links, cuts: flow.registry.cuts })).values()].flat()
    },
  })

/** Three ids in a row: the first names the second, the second the third. */
const threeInARow = ({ at, event }: Stage) => [
  event('a', 'call.started', at(0), { linked_correlation_id: 'b' }),
  event('b', 'call.started', at(1), { linked_correlation_id: 'c' }),
  event('c', 'call.started', at(2)),
]

const membersOf = async (tenant: string) => {
  await flow.drained()
  return Object.values(await flow.recordsOf(tenant)).map(({ correlationIds }) => correlationIds)
}

test('a cut parts a call, with the members that hang on either end; a join makes it one again', async () => {
  const stage = aStage(flow)
  const { tenant, at, event } = stage
  await flow.deliver(...threeInARow(stage))
  expect(await membersOf(tenant)).toEqual([['a', 'b', 'c']])
  const desk = aDesk()
  expect(await desk.decide({ tenant, a: 'b', b: 'a', action: 'cut' })).toMatchObject({
    wereOne: true,
    announced: 3,
    calls: [{ id: 'b', members: ['b', 'c'] }, { id: 'a' }],
  })
  expect(await membersOf(tenant)).toEqual([['a'], ['b', 'c']])
  // Links learnt later do not undo it.
  await flow.deliver(event('a', 'call.answered', at(3), { linked_correlation_id: 'b' }))
  expect(await membersOf(tenant)).toEqual([['a'], ['b', 'c']])
  await desk.decide({ tenant, a: 'a', b: 'b', action: 'join' })
  expect(await membersOf(tenant)).toEqual([['a', 'b', 'c']])
  expect(await desk.show(tenant, 'c')).toMatchObject({
    calls: [{ id: 'a', members: ['a', 'b', 'c'] }],
    cuts: [
      { a: 'a', b: 'b', action: 'cut' },
      { a: 'a', b: 'b', action: 'join' },
    ],
  })
})

test('a cut told again announces every member of what was one call again: the first may have been killed before it did', async () => {
  const stage = aStage(flow)
  const { tenant } = stage
  await flow.deliver(...threeInARow(stage))
  await flow.drained()
  await flow.registry.cuts.add({ tenant, a: 'b', b: 'c', action: 'cut', by: 'a process that was killed then' })
  expect(await aDesk().decide({ tenant, a: 'b', b: 'c', action: 'cut' })).toMatchObject({ announced: 3 })
  expect(await membersOf(tenant)).toEqual([['a', 'b'], ['c']])
})

test('a join told again announces again: the first may have been killed before it did', async () => {
  const stage = aStage(flow)
  const { tenant } = stage
  await flow.deliver(...threeInARow(stage))
  await flow.drained()
  await aDesk().decide({ tenant, a: 'a', b: 'b', action: 'cut' })
  expect(await membersOf(tenant)).toEqual([['a'], ['b', 'c']])
  const full = { append: () => Promise.reject(new Error('The disk is full')) }
  const join = { ...{ tenant, a: 'a', b: 'b' }, action: 'join' } as const
  await expect(aDesk(full).decide(join)).rejects.toThrow(/full/)
  expect(await membersOf(tenant)).toEqual([['a'], ['b', 'c']])
  expect(await aDesk().decide(join)).toMatchObject({ announced: 3 })
  expect(await membersOf(tenant)).toEqual([['a', 'b', 'c']])
})

test('where others join them still, a cut leaves one call, and says so', async () => {
  const { tenant, at, event } = aStage(flow)
  const conference = { conf_session_id: 'conf-by-hand' }
  await flow.deliver(...['a', 'b', 'c'].map((id, n) => event(id, 'call.started', at(n), conference)))
  await flow.drained()
  const { calls } = await aDesk().decide({ tenant, a: 'a', b: 'b', action: 'cut' })
  expect(calls).toMatchObject([{ id: 'a', members: ['a', 'b', 'c'], links: { conf_session_id: ['conf-by-hand'] } }])
})

test('a join takes a cut back, and nothing else', async () => {
  const { tenant } = aStage(flow)
  const desk = aDesk()
  await expect(desk.decide({ tenant, a: 'a', b: 'b', action: 'join' })).rejects.toThrow(/^a, b: .*not cut by hand/)
  await expect(desk.decide({ tenant, a: 'a', b: 'a', action: 'cut' })).rejects.toThrow(/^b: must be another/)
  await expect(desk.decide({ tenant: 'nobody', a: 'a', b: 'b', action: 'cut' })).rejects.toThrow(/no tenant "nobody"/)
})

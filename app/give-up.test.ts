import { expect, test } from 'vitest'
import type { Change } from '#contracts/changes.ts'
import type { NewRecord } from '#contracts/event-log.ts'
import type { CallInputs, MemberKey, Place } from '#contracts/summaries.ts'
import { notComputed } from '#pipelines/summaries/not-computed.ts'
import { recompute } from '#pipelines/summaries/recompute.ts'
import { createModelStores, modelTenant as tenant } from '#tests/faults/model-stores.ts'
import { type GiveUpParts, giveUpOn } from './give-up.ts'

const startedMs = Date.UTC(2026, 4, 1, 12)
const aChange = (id: string): Change => ({
  ...{ tenant, id, minutes: [startedMs / 60_000], rescore: false, cumulative: false, urgency: 'now', worst: 0 },
})
const aPlace = (id: string, canonical: string, version: number, atMs = startedMs): Place => ({
  ...{ tenant, id, canonical, version, atMs },
})
const cause = new Error('Memory limit exceeded')

/** Stores in memory, in which `components` are the calls that there are, by each of their ids. */
function aDesk(changes: Partial<GiveUpParts> = {}, components: Readonly<Record<string, readonly string[]>> = {}) {
  const letters: NewRecord[] = []
  const stores = createModelStores()
  const giveUp = giveUpOn({
    log: { append: async (records) => void letters.push(...records) },
    writer: stores.parts.writer,
    versions: stores.parts.versions,
    componentsOf: async ({ id }) => [{ members: components[id] ?? [id] }],
    inputs: stores.parts.inputs,
    logNow: () => startedMs,
    ...changes,
  })
  return { ...stores, giveUp, letters, writer: stores.parts.writer }
}

test('a call that is given up is a dead letter, and says so where it last stood', async () => {
  const { giveUp, letters, live, writer } = aDesk()
  await writer.appendPlaces([aPlace('a', 'a', 0, startedMs + 7)])
  await giveUp([{ change: aChange('a'), cause }])
  expect(letters.map(({ key }) => key?.startsWith('call-changes/edge/'))).toEqual([true])
  expect(live()).toMatchObject([
    { id: 'a', startedMs: startedMs + 7, verdict: { class: 'unclassified', unclassified: 'not_computed' } },
  ])
})

test('a member of a call takes the whole call along, and no record of its own', async () => {
  const { giveUp, live } = aDesk({}, { b: ['a', 'b'] })
  await giveUp([{ change: aChange('b'), cause }])
  expect(live()).toMatchObject([{ id: 'a', correlationIds: ['a', 'b'] }])
})

test('records that its members had apart are deleted with it', async () => {
  const { giveUp, live, writer, parts } = aDesk({}, { b: ['a', 'b'] })
  const apart = aDesk({ writer, versions: parts.versions })
  await apart.giveUp([{ change: aChange('b'), cause }])
  expect(live().map(({ id }) => id)).toEqual(['b'])
  await giveUp([{ change: aChange('b'), cause }])
  expect(live().map(({ id }) => id)).toEqual(['a'])
})

test('somebody who has begun later, and claimed the call, has the last word', async () => {
  const { giveUp, letters, live, writer } = aDesk()
  await writer.appendPlaces([aPlace('a', '', 9)])
  await giveUp([{ change: aChange('a'), cause }])
  expect([letters.length, live()]).toEqual([1, []])
})

test('whoever began earlier finds its place, drops what it has made, and begins again', async () => {
  const { giveUp, live, parts, addEvent } = aDesk()
  addEvent('a', 'call.started', startedMs)
  const interrupted = {
    ...parts,
    inputs: {
      ...parts.inputs,
      async members(members: readonly MemberKey[]) {
        const read = await parts.inputs.members(members)
        await giveUp([{ change: aChange('a'), cause }])
        return read
      },
    },
  }
  const { rows, again } = await recompute([aChange('a')], () => true, startedMs, interrupted)
  expect([rows, again.map(({ id }) => id)]).toEqual([[], ['a']])
  expect(live()).toMatchObject([{ verdict: { unclassified: 'not_computed' } }])
  await recompute(again, () => true, startedMs, parts)
  expect(live()).toMatchObject([{ id: 'a', eventCount: 1 }])
})

test('a record that raw no longer covers is left as it is', async () => {
  const frozen: CallInputs['frozen'] = async (places) =>
    places.map(({ canonical }) => ({ record: notComputed(aChange(canonical)), kept: undefined, rawUntilMs: 0 }))
  const { giveUp, letters, live, writer } = aDesk({ inputs: { frozen } })
  await writer.appendPlaces([aPlace('a', 'a', 0)])
  await giveUp([{ change: aChange('a'), cause }])
  expect([letters.length, live()]).toEqual([1, []])
})

test('without knowing whose id it is, nothing is written under it', async () => {
  const componentsOf = async () => {
    throw cause
  }
  const { giveUp, letters, live } = aDesk({ componentsOf })
  await giveUp([{ change: aChange('a'), cause }])
  expect([letters.length, live()]).toEqual([1, []])
})

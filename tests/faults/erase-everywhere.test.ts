import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createArchiveDesk } from '#app/archive/archive-desk.ts'
import { createErasureDesk } from '#app/desk/erasure-desk.ts'
import { createForgets } from '#app/desk/forgets.ts'
import { watchEmbedded } from '#app/stores/open-log.ts'
import type { ErasureAsked } from '#collectors/http/ports.ts'
import { textOf } from '#contracts/event-log.ts'
import { topicNames } from '#contracts/topics.ts'
import { archivedTopics } from '#pipelines/archive.ts'
import { pause } from '#pipelines/pause.ts'
import { privacyConfig } from '#pipelines/privacy/config.ts'
import { resolveComponents } from '#pipelines/summaries/components.ts'
import { fetchObject } from '#sinks/archive/fetch-object.ts'
import { readParquet } from '#sinks/archive/read-parquet.ts'
import { createLetterDesk } from '#sinks/dead-letter/desk.ts'
import { createEraser } from '#warehouse/erase/eraser.ts'
import { createLinkReader } from '#warehouse/summaries/link-reader.ts'
import { aStage, type Flow, startFlow } from '../flow/flow.ts'

let flow: Flow
let objects: string
beforeAll(async () => {
  objects = await mkdtemp(join(tmpdir(), 'callscope-erase-'))
  flow = await startFlow(Date.now(), {
    archive: { url: `file://${objects}`, flushSeconds: 60 },
    privacy: privacyConfig.parse({ default: { defaultRegion: 'DE' } }),
  })
}, 60_000)
afterAll(async () => {
  await flow?.stop()
  await rm(objects, { recursive: true, force: true })
})

const person = '+49 30 4443322'
const digits = '4443322'

function forgets() {
  const elsewhere = { logs: undefined, tracesRetentionMs: undefined }
  return createForgets(
    { ...flow, watch: watchEmbedded(flow.log), elsewhere },
    { config: { topicTenants: {} }, clock: flow.clock.now, spoolFolder: join(flow.folder, 'spool') },
  )
}

const erase = (asked: ErasureAsked) =>
  createErasureDesk({
    ...{ registry: flow.registry, privacy: flow.privacy, eraser: createEraser(flow.warehouse), log: flow.log },
    stores: forgets().stores,
    componentsOf: async (members) => {
      const links = createLinkReader(flow.warehouse)
      return [...(await resolveComponents(members, { links, cuts: flow.registry.cuts })).values()].flat()
    },
  }).erase(asked)

function archiveDesk() {
  const { registry, archive, log, clock } = flow
  const where = { spoolFolder: join(flow.folder, 'spool'), config: { topicTenants: {} } }
  return createArchiveDesk({ registry, archive, log, clock: clock.now, ...where })
}

/** Waits until the index covers all that the log holds. */
async function archived(): Promise<void> {
  flow.clock.advance(600_000)
  for (const topic of archivedTopics)
    for (const place of await flow.log.extent(topic))
      while (place.end > 0 && (await flow.registry.archive.last(place))?.toOffset !== place.end)
        await pause(20, new AbortController().signal)
}

/** Everything that the archive holds of a tenant, as text. */
async function archivedText(tenant: string): Promise<string> {
  const { archive } = flow
  if (archive === undefined) throw new Error('nothing is archived')
  const path = join(flow.folder, 'fetched')
  const texts: string[] = []
  for await (const object of archive.index.objects({ tenant })) {
    expect(await fetchObject(archive.store, object, path)).toEqual({ type: 'fetched' })
    for await (const group of readParquet(path)) texts.push(...group.map(textOf))
  }
  return texts.join('\n')
}

test('who was erased is gone from archive and dead letters, and what is archived or refused later is without them', async () => {
  const { tenant, event, log, at } = aStage(flow)
  const messages = [
    event('hers', 'call.started', at(0), { from: person, to: '+49 89 1112223' }),
    event('hers', 'call.ended', at(30), { sip_code: 200 }),
    log(at(3), `busy: 030 ${digits}`, { id: 'hers', severity: 17 }),
    event('other', 'call.started', at(1), { from: '+49 30 4443323' }),
    event('other', 'call.ended', at(9)),
  ]
  const refused = event('hers', 'call.started', at(1), { from: person, nonsense: 1 })
  await flow.deliver(...messages, refused)
  await flow.settled(tenant)
  await archived()
  expect(await archivedText(tenant)).toContain(digits)
  const [letter] = await flow.letters()
  expect((await createLetterDesk(flow.log).show(letter?.id ?? ''))?.body).toContain(digits)

  const { stores } = await erase({ tenant, party: person })
  expect(stores.map(({ store, state, count }) => [store, state, count])).toEqual([
    ['warehouse', 'done', expect.any(Number)],
    ['dead_letters', 'done', 1],
    ['archive', 'done', expect.any(Number)],
    ['log', 'expires', 0],
  ])
  expect(stores.at(-1)?.goneByMs).toBeGreaterThan(flow.clock.now())
  const check = async () => {
    const text = await archivedText(tenant)
    expect(text).not.toContain(digits)
    for (const kept of ['4443323', 'hers', 'erased']) expect(text).toContain(kept)
    const letters = await flow.letters()
    for (const { id } of letters) {
      const shown = await createLetterDesk(flow.log).show(id)
      expect(shown).toMatchObject({ erased: true, body: '', reason: 'invalid_schema', refused: 1 })
    }
    return letters.length
  }
  expect(await check()).toBe(1)
  expect(await createLetterDesk(flow.log).replay(letter?.id ?? '')).toBe('erased')
  // Nothing of it is left in pages of the log's file that are free.
  for (const { partition, start } of await flow.log.extent(topicNames.deadLetter))
    expect(
      textOf((await flow.log.read({ topic: topicNames.deadLetter, partition, offset: start }, 1))[0] ?? { value: '' }),
    ).not.toContain(digits)

  await flow.deliver(...messages, refused)
  await flow.drained()
  await archived()
  expect(await check()).toBe(2)
  expect(await archiveDesk().verify({ tenant })).toMatchObject({ refused: [] })
}, 120_000)

test('a replay of the archive written anew makes the records that the erasure made', async () => {
  const { tenant, event, sample, at } = aStage(flow)
  await flow.deliver(
    event('c', 'call.started', at(0), { from: 'alice@example.com', to: 'sip:bob@example.com', route: 'r1' }),
    event('c', 'call.answered', at(2), { codec: 'opus' }),
    sample('c', at(10)),
    event('c', 'call.ended', at(30), { sip_code: 200 }),
  )
  await flow.settled(tenant)
  await archived()
  await erase({ tenant, call: 'c' })
  const erased = await flow.settled(tenant)
  expect(erased.c).toMatchObject({ from: 'erased', to: 'erased' })
  expect(await archivedText(tenant)).not.toMatch(/alice|bob/)
  for (const table of ['call_events', 'quality_samples', 'call_minutes', 'calls', 'call_keys'])
    await flow.warehouse.command({
      query: `ALTER TABLE ${table} DELETE WHERE tenant = '${tenant}' SETTINGS mutations_sync = 2`,
    })
  await archiveDesk().replay({ tenant })
  expect((await flow.settled(tenant)).c).toEqual(erased.c)
}, 120_000)

test('nothing of what was overwritten stays in the file of the log', async () => {
  const { tenant, event, at } = aStage(flow)
  const mark = 'overwritten.person@example.com'
  await flow.deliver(event('gone', 'call.started', at(0), { from: mark, nonsense: 1 }))
  await flow.drained()
  const letters = await flow.log.extent(topicNames.deadLetter)
  const before = occurrences(await logFiles(), mark)
  await erase({ tenant, party: mark })
  // The message itself is still in its own topic, once; the letter that held it again is not.
  expect([before, occurrences(await logFiles(), mark)]).toEqual([expect.any(Number), 1])
  expect(letters).not.toEqual([])
}, 60_000)

const logFiles = async (): Promise<string> =>
  (
    await Promise.all(
      ['log.sqlite', 'log.sqlite-wal'].map((name) => readFile(join(flow.folder, name), 'latin1').catch(() => '')),
    )
  ).join('')

const occurrences = (text: string, mark: string): number => text.split(mark).length - 1

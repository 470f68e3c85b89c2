import { mkdtempSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Membership } from '#contracts/event-log.ts'
import { type ArchiveParts, createArchivePipeline } from '#pipelines/archive.ts'
import { pause } from '#pipelines/pause.ts'
import { writeParquet } from '#sinks/archive/write-parquet.ts'
import { deadLetters } from '#sinks/dead-letter/build.ts'
import {
  type ArchiveStores,
  archiveTenants,
  archiveTopics,
  compare,
  openArchiveStores,
} from '#tests/faults/archive-stores.ts'

const minuteMs = 60_000
let folder: string
let stores: ArchiveStores
let nowMs: number

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'callscope-archive-'))
  nowMs = Date.UTC(2026, 0, 31, 23, 50)
  stores = await openArchiveStores(folder, () => nowMs)
})
afterEach(async () => {
  await stores.registry.close()
  await stores.log.close()
  rmSync(folder, { recursive: true, force: true })
})

type Changes = Partial<Pick<ArchiveParts, 'log' | 'index' | 'store' | 'rules'>>

const rules = { windowMs: minuteMs, maxBytes: 5_000, maxTotalBytes: 1_000_000, retentionMs: 1_000 }

/** A member of the group, until it is stopped. */
function aMember(changes: Changes = {}): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const running = createArchivePipeline({
    ...{ log: stores.log, topics: archiveTopics, store: stores.store, index: stores.registry.archive, rules },
    ...{ encode: writeParquet, deadLetter: deadLetters, clock: () => nowMs, tenants: () => new Set(archiveTenants) },
    observer: { records() {}, retry() {} },
    limits: { maxRecords: 25, maxBytes: 1_000_000, waitMs: 5 },
    ...changes,
  }).run(stopping.signal)
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

let sent = 0
/** Messages over some minutes, to all partitions. */
async function send(minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    const batch = Array.from({ length: 40 }, (_, n) => {
      const text = `message ${sent++}`
      return { topic: archiveTopics[n % 2] ?? '', key: text, headers: {}, value: text.repeat(3) }
    })
    await stores.log.append(batch)
    nowMs += minuteMs
  }
}

const endsOf = async () => (await Promise.all(archiveTopics.map((topic) => stores.log.extent(topic)))).flat()

async function allArchived(): Promise<void> {
  nowMs += 10 * minuteMs
  for (const place of await endsOf())
    while (place.end > 0 && (await stores.registry.archive.last(place))?.toOffset !== place.end)
      await pause(5, new AbortController().signal)
}

const expectEachOnce = async (): Promise<void> => {
  const { sent, kept, lost } = await compare(stores, join(folder, 'copy'))
  expect({ kept, lost }).toEqual({ kept: sent, lost: [] })
}

test('members that come and go, and cut at other places, archive every message once', async () => {
  const members = [aMember()]
  for (const windowMs of [90_000, 40_000, minuteMs]) {
    await send(4)
    members.push(aMember({ rules: { ...rules, windowMs } }))
    await send(4)
    await members.shift()?.stop()
  }
  await allArchived()
  await expectEachOnce()
  for (const member of members) await member.stop()
}, 120_000)

test('a member that was put out of the group while it stored a file notes nothing that another has noted', async () => {
  const { archive } = stores.registry
  const blocked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const outcomes: string[] = []
  const memberships: Membership[] = []
  const slow = aMember({
    log: {
      ...stores.log,
      async join(options) {
        const membership = await stores.log.join(options)
        memberships.push(membership)
        return membership
      },
    },
    index: {
      last: archive.last,
      async add(cut, objects) {
        blocked.resolve()
        await released.promise
        outcomes.push(await archive.add(cut, objects))
        return outcomes.at(-1) as 'added' | 'covered'
      },
    },
  })
  await send(6)
  await blocked.promise
  // It was silent for too long: its partitions are another's.
  await memberships[0]?.leave()
  const quick = aMember({ rules: { ...rules, windowMs: 4 * minuteMs } })
  await allArchived()
  released.resolve()
  while (outcomes.length === 0) await pause(5, new AbortController().signal)
  expect(outcomes).toEqual(['covered'])
  await send(2)
  await allArchived()
  await expectEachOnce()
  await Promise.all([slow.stop(), quick.stop()])
}, 120_000)

test('what a registry of yesterday does not know is archived again, under the same names', async () => {
  const { archive } = stores.registry
  let adds = 0
  const first = aMember({
    // Acknowledged, and forgotten: the registry was restored from an older copy.
    index: { last: archive.last, add: async (...cut) => (++adds > 5 ? 'added' : archive.add(...cut)) },
  })
  await send(8)
  nowMs += 10 * minuteMs
  while (stores.log.lag('archive').some(({ lag }) => lag > 0)) await pause(5, new AbortController().signal)
  await first.stop()
  const files = async () => (await readdir(join(folder, 'objects'), { recursive: true })).sort()
  const before = await files()
  const again = aMember()
  await allArchived()
  await expectEachOnce()
  expect(await files()).toEqual(before)
  await again.stop()
}, 120_000)

test('a log made anew is archived beside the one before', async () => {
  const first = aMember()
  await send(3)
  await allArchived()
  await first.stop()
  const before = (await Array.fromAsync(stores.registry.archive.objects({}))).length
  await stores.log.close()
  rmSync(join(folder, 'log.sqlite'))
  await stores.registry.close()
  stores = await openArchiveStores(folder, () => nowMs)
  const second = aMember()
  await send(2)
  await allArchived()
  const objects = await Array.fromAsync(stores.registry.archive.objects({}))
  expect(new Set(objects.map(({ epoch }) => epoch))).toEqual(new Set([0, 1]))
  expect(objects.filter(({ epoch }) => epoch === 1).reduce((sum, { rows }) => sum + rows, 0)).toBe(80)
  expect(objects.filter(({ epoch }) => epoch === 0).length).toBe(before)
  await second.stop()
}, 120_000)

test('when more waits than may, the largest is written early, and nothing is lost or doubled for it', async () => {
  let largest = 0
  const member = aMember({
    rules: { ...rules, windowMs: 60 * minuteMs, maxBytes: 1_000_000, maxTotalBytes: 10_000 },
    store: {
      async put(object) {
        largest = Math.max(largest, object.body.length)
        return stores.store.put(object)
      },
    },
  })
  await send(20)
  nowMs += 120 * minuteMs
  await allArchived()
  await expectEachOnce()
  expect(largest).toBeLessThan(10_000)
  expect((await Array.fromAsync(stores.registry.archive.objects({}))).length).toBeGreaterThan(8)
  await member.stop()
}, 120_000)

test('while the store takes nothing, nothing is committed and no more is read; then all of it is there', async () => {
  let down = true
  let tries = 0
  const member = aMember({
    store: {
      async put(object) {
        tries++
        if (down) throw new Error('no answer')
        return stores.store.put(object)
      },
    },
  })
  await send(5)
  while (tries < 2) await pause(20, new AbortController().signal)
  expect(await Array.fromAsync(stores.registry.archive.objects({}))).toEqual([])
  down = false
  await allArchived()
  await expectEachOnce()
  await member.stop()
}, 120_000)

test('a member whose partitions go to another while it looks where to go on begins again', async () => {
  let moved = 0
  const member = aMember({
    log: {
      ...stores.log,
      async join(options) {
        const membership = await stores.log.join(options)
        return {
          ...membership,
          seek(position) {
            if (++moved <= 3) throw new Error('not assigned to this member')
            membership.seek(position)
          },
        }
      },
    },
  })
  await send(3)
  await allArchived()
  await expectEachOnce()
  await member.stop()
}, 60_000)

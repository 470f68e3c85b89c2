import { expect, test } from 'vitest'
import type { WatermarkEntry } from '#contracts/registry.ts'
import { createUnreadTopics } from './unread-topics.ts'

const hourMs = 3_600_000
const mark = (source: string): WatermarkEntry => ({ tenant: '*', source, watermarkMs: 5, atEnd: false })

/** A registry in memory, under a clock that is moved. */
function aRegistry(...sources: readonly string[]) {
  let entries = sources.map(mark)
  let nowMs = 0
  const alive = new Map<string, number>()
  const topics = () => [...new Set(entries.map(({ source }) => source.replace(/\/\d+$/, '')))]
  return {
    pass(hours: number) {
      nowMs += hours * hourMs
    },
    /** As a pipeline does with every poll. */
    write(source: string, watermarkMs: number) {
      entries = entries.map((entry) => (entry.source === source ? { ...entry, watermarkMs } : entry))
    },
    left: () => entries.map(({ source }) => source),
    watermarks: {
      read: async () => entries,
      write: async () => undefined,
      async remove(source: string) {
        entries = entries.filter((entry) => entry.source !== source)
      },
    },
    watermarkReaders: {
      async beat(of: readonly string[]) {
        for (const topic of of) alive.set(topic, nowMs)
      },
      async notice() {
        for (const topic of topics()) if (!alive.has(topic)) alive.set(topic, nowMs)
      },
      silent: async () => topics().map((topic) => ({ topic, silentMs: nowMs - (alive.get(topic) ?? nowMs) })),
    },
  }
}

test('what nobody has read for a day holds no call any more; what is read, stuck or not, does', async () => {
  const registry = aRegistry('call-events/0', 'app-logs/0', 'app-logs/1')
  const letGo = createUnreadTopics({ ...registry, topics: ['call-events'], afterMs: 24 * hourMs })
  for (let hour = 0; hour < 24; hour++) {
    expect(await letGo()).toEqual([])
    registry.pass(1)
  }
  registry.pass(1)
  await letGo()
  expect(await letGo()).toEqual([{ topic: 'app-logs', silentMs: 25 * hourMs }])
  expect(registry.left()).toEqual(['call-events/0'])
  expect(await letGo()).toEqual([])
})

test('a worker that comes back after a long stop speaks before it is looked for', async () => {
  const registry = aRegistry('call-events/0', 'app-logs/0')
  await createUnreadTopics({ ...registry, topics: ['call-events', 'app-logs'], afterMs: 24 * hourMs })()
  registry.pass(72)
  // Two workers start together; the one without logs looks first.
  const calls = createUnreadTopics({ ...registry, topics: ['call-events'], afterMs: 24 * hourMs })
  expect(await calls()).toEqual([])
  await createUnreadTopics({ ...registry, topics: ['app-logs'], afterMs: 24 * hourMs })()
  expect(await calls()).toEqual([])
  expect(registry.left()).toEqual(['call-events/0', 'app-logs/0'])
})

test('a worker of a version that never speaks is known by its watermarks, which move', async () => {
  const registry = aRegistry('call-events/0', 'app-logs/0')
  const letGo = createUnreadTopics({ ...registry, topics: ['call-events'], afterMs: 24 * hourMs })
  for (let hour = 0; hour < 30; hour++) {
    registry.write('app-logs/0', hour)
    expect(await letGo()).toEqual([])
    registry.pass(1)
  }
  expect(registry.left()).toEqual(['call-events/0', 'app-logs/0'])
})

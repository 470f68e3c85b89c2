import { describe, expect, test } from 'vitest'
import type { LogRecord, NewRecord, Polled } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { topicNames } from '#contracts/topics.ts'
import { createTenantShares, readTopics } from './tenant-shares.ts'

const kibibyte = 1_024

const messages = (tenant: string, bytes: number, topic: string = topicNames.callEvents): readonly NewRecord[] => [
  { topic, key: null, headers: { [recordHeaders.tenant]: tenant }, value: 'x'.repeat(bytes) },
]

const polled = (records: readonly NewRecord[], left = 0): Polled => ({
  ...{ generation: 1, assignment: [], logNowMs: 0 },
  records: records.map((record, offset): LogRecord => {
    return { ...record, headers: record.headers ?? {}, partition: 0, offset, logTimeMs: 0 }
  }),
  positions: [{ topic: topicNames.callEvents, partition: 0, next: 0, end: left }],
})

/** An install of two tenants whose pipelines have looked just now. */
function anInstall(tenants: readonly string[] = ['flood', 'quiet']) {
  let nowMs = 0
  const shares = createTenantShares({ topicsOf: readTopics, tenants, ticks: () => nowMs })
  const look = (pipelines: readonly string[] = Object.keys(readTopics)) => {
    for (const pipeline of pipelines) shares.committed(pipeline, polled([]))
  }
  look()
  return {
    ...shares,
    look,
    wait: (ms: number) => {
      nowMs += ms
    },
    store: (pipeline: string, records: readonly NewRecord[]) => shares.committed(pipeline, polled(records, 1)),
    mayCome: (tenant: string, bytes = 600 * kibibyte, inHand = 0) =>
      shares.refuses(tenant, { bytes, inHand }) === undefined,
  }
}

describe('a tenant that sends more than is stored', () => {
  test('is refused, with the time that it takes; others are not; and what is stored makes room', () => {
    const install = anInstall()
    const request = messages('flood', 600 * kibibyte)
    expect(install.mayCome('flood')).toBe(true)
    install.appending(request)
    expect(install.mayCome('flood')).toBe(false)
    expect(install.refuses('flood', { bytes: 3_000 * kibibyte, inHand: 0 })).toBeGreaterThan(2)
    expect(install.mayCome('quiet')).toBe(true)
    install.wait(300)
    install.store('calls', request)
    expect(install.mayCome('flood')).toBe(true)
    expect(install.load().unreadBytes).toEqual(new Map())
  })

  test('may send one request however large, and little things at any time', () => {
    const install = anInstall()
    expect(install.mayCome('flood', 100_000 * kibibyte)).toBe(true)
    install.appending(messages('flood', 10 * kibibyte))
    expect(install.mayCome('flood', 20 * kibibyte)).toBe(true)
    expect(install.mayCome('flood', 600 * kibibyte, 600 * kibibyte)).toBe(false)
  })

  test('has a share of what several have that send so much', () => {
    const install = anInstall(['one', 'two', 'three', 'quiet'])
    for (const tenant of ['one', 'two', 'three']) install.appending(messages(tenant, 200 * kibibyte))
    expect(['one', 'two', 'three', 'quiet'].map((tenant) => install.mayCome(tenant, 200 * kibibyte))).toEqual([
      ...[false, false, false],
      true,
    ])
  })

  test('may have more waiting where more is stored in a second', () => {
    const install = anInstall()
    for (let turn = 0; turn < 20; turn++) {
      const request = messages('flood', 1_000 * kibibyte)
      install.appending([...request, ...messages('quiet', 1)])
      install.wait(100)
      install.store('calls', request)
    }
    install.appending(messages('flood', 4_000 * kibibyte))
    expect(install.mayCome('flood')).toBe(true)
  })

  test('rests as long as its own messages were stored too late', () => {
    const install = anInstall()
    const request = messages('flood', 600 * kibibyte)
    install.appending(request)
    install.wait(4_000)
    install.store('calls', request)
    install.wait(2_400)
    expect([install.mayCome('flood'), install.mayCome('flood', 10 * kibibyte)]).toEqual([false, true])
    install.wait(100)
    expect(install.mayCome('flood')).toBe(true)
  })

  test('is refused whichever pipeline is behind with it', () => {
    const install = anInstall()
    install.appending(messages('flood', 1_000 * kibibyte, topicNames.appLogs))
    expect(install.mayCome('flood')).toBe(false)
    expect(install.load().unreadBytes).toEqual(new Map([['flood', 1_000 * kibibyte]]))
  })
})

test('a tenant that is alone may send as much as the log takes', () => {
  const install = anInstall(['only'])
  install.appending(messages('only', 50_000 * kibibyte))
  expect(install.mayCome('only')).toBe(true)
})

describe('while nothing is stored', () => {
  test('everything may come: the log keeps it', () => {
    const install = anInstall()
    install.appending(messages('flood', 50_000 * kibibyte))
    install.paused('calls', 4)
    expect(install.mayCome('flood')).toBe(true)
    install.paused('calls', 0)
    expect(install.mayCome('flood')).toBe(false)
    install.wait(20_000)
    expect(install.mayCome('flood')).toBe(true)
  })

  test('and when it is caught up with, half as much as is stored', () => {
    const install = anInstall()
    install.appending(messages('flood', 50_000 * kibibyte))
    install.wait(100)
    install.store('calls', messages('flood', 1_300 * kibibyte))
    expect([install.mayCome('flood'), install.mayCome('flood')]).toEqual([true, false])
  })
})

test('what was not appended after all does not count, nor what was lost of the count once everything is read', () => {
  const install = anInstall()
  install.appending(messages('flood', 5_000 * kibibyte))()
  expect(install.mayCome('flood')).toBe(true)
  install.appending(messages('flood', 5_000 * kibibyte))
  install.look()
  expect(install.load().unreadBytes).toEqual(new Map())
})

describe('calls that wait to be computed', () => {
  const waiting = (counts: Readonly<Record<string, number>>, kind: 'pressing' | 'running') =>
    new Map(Object.entries(counts).map(([tenant, count]) => [tenant, { pressing: 0, running: 0, [kind]: count }]))

  test('are reason to refuse more of their tenant, where they press by the thousands; those of others are not', () => {
    const install = anInstall()
    install.computed()
    install.overdue(waiting({ flood: 2_001 }, 'pressing'))
    expect(install.mayCome('flood', 1)).toBe(true)
    install.appending(messages('quiet', 1))
    expect([install.mayCome('flood', 1), install.mayCome('quiet', 1)]).toEqual([false, true])
    install.overdue(waiting({ flood: 2_000 }, 'pressing'))
    expect(install.mayCome('flood', 1)).toBe(true)
    install.overdue(waiting(Object.fromEntries(['flood', ...'abcdefghi'].map((tenant) => [tenant, 801])), 'pressing'))
    expect(install.mayCome('flood', 1)).toBe(false)
  })

  test('as running figures only by the ten thousands', () => {
    const install = anInstall()
    install.computed()
    install.overdue(waiting({ flood: 50_000 }, 'running'))
    expect(install.mayCome('flood', 1)).toBe(true)
    install.overdue(waiting({ flood: 50_001 }, 'running'))
    expect([install.mayCome('flood', 1), install.load().overdueCalls.get('flood')]).toEqual([false, 50_001])
  })

  test('are none where none at all was computed for half a minute', () => {
    const install = anInstall()
    install.computed()
    install.overdue(waiting({ flood: 60_000 }, 'pressing'))
    install.wait(30_000)
    install.look()
    expect(install.mayCome('flood', 1)).toBe(true)
  })
})

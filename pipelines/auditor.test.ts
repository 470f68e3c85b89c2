import { expect, test } from 'vitest'
import type { AuditReader } from '#contracts/audit.ts'
import type { CallRow } from '#contracts/summaries.ts'
import { changedAmong } from './audit-sweeps/refold.ts'
import { createAuditor } from './auditor.ts'

test('a look that fails again and again is left for the next round: what lies behind it is looked at', async () => {
  const asked: string[] = []
  const told: Error[] = []
  const marks = new Map<string, string>()
  const id = (name: string) => ({ tenant: 'acme', id: name })
  const reader: AuditReader = {
    rawDays: async () => [],
    sampledEnd: async () => undefined,
    sampled: async () => ({ differences: [], rawRows: 0, countedRows: 0 }),
    sampledUnrecorded: async () => [],
    minutesEnd: async () => undefined,
    minutes: async () => ({ differences: [], rawRows: 0, countedRows: 0 }),
    unrecorded: async () => [],
    placesEnd: async ({ after }) => (after === undefined ? id('m') : undefined),
    async shared({ until }) {
      asked.push(until?.id ?? 'end')
      if (until !== undefined) throw new Error('over its memory')
      return []
    },
    recordsEnd: async () => undefined,
    unplaced: async () => [],
    settled: async () => [],
    newestVersion: async () => 0,
    settledBy: async () => [],
  }
  const stopping = new AbortController()
  const auditor = createAuditor({
    ...{ reader, idle: async () => true, logNow: Date.now, found: () => undefined, pace: { lookEveryMs: 1 } },
    ...{ log: { append: async () => undefined }, writer: { appendPlaces: async () => undefined } },
    foldAgain: async () => [],
    marks: { read: async () => marks, write: async (sweep, mark) => void marks.set(sweep, mark) },
    retry: (cause) => told.push(cause),
  })
  const running = auditor.run(stopping.signal)
  await expect.poll(() => asked.includes('end')).toBe(true)
  stopping.abort()
  await running
  expect(asked.slice(0, 4)).toEqual(['m', 'm', 'm', 'end'])
  expect(told[0]?.message).toBe('over its memory')
})

test('a record that cannot be folded again is a difference, and those beside it are compared', async () => {
  const record = (id: string) => ({ tenant: 'acme', id }) as unknown as CallRow['record']
  const settled = ['a', 'guilty', 'b'].map((id) => ({
    ...{ tenant: 'acme', id, atMs: 0, version: 1, record: JSON.stringify(record(id)) },
  }))
  const found = await changedAmong(settled, {
    logNow: () => 0,
    foldAgain: async (members) => {
      if (members.some(({ id }) => id === 'guilty')) throw new TypeError('undefined is not a function')
      return members.map(({ id }) => ({ record: record(id) }) as CallRow)
    },
  })
  expect(found.map(({ kind, id }) => [kind, id])).toEqual([['changed_record', 'guilty']])
})

import { expect, test } from 'vitest'
import type { LogRecord } from '#contracts/event-log.ts'
import { rawColumns } from '#contracts/raw-tables.ts'
import type { Cell, RawTable } from '#contracts/warehouse.ts'
import { createBatch } from '../batch.ts'
import { type ConflictWatchOptions, createConflictWatch } from './conflicts.ts'

type Sent = readonly [id: string, checksum: string, offset?: number]

function rowsOf(table: 'call_events' | 'cdr_records' | 'quality_samples', sent: readonly Sent[]) {
  const builder = createBatch()
  for (const [id, checksum, offset = 0] of sent) {
    builder.from({ topic: 'call-events', partition: 0, offset } as LogRecord)
    const said: Readonly<Record<string, Cell>> = { tenant: 'acme', correlation_id: 'c', source: '/s', id, checksum }
    builder.row(
      table as RawTable,
      rawColumns[table].map((column) => said[column] ?? ''),
    )
  }
  return builder.batch
}

function watching(options: Partial<ConflictWatchOptions> = {}) {
  let counted = 0
  const watch = createConflictWatch({ isNew: () => true, found: (count) => (counted += count), ...options })
  return {
    events: (...sent: Sent[]) => watch(rowsOf('call_events', sent)),
    details: (...sent: Sent[]) => watch(rowsOf('cdr_records', sent)),
    counted: () => counted,
  }
}

test('an event that comes again as it was is no conflict, with other content it is one', () => {
  const { events, counted } = watching()
  events(['e-1', '9'], ['e-1', '9'], ['e-2', '9'])
  expect(counted()).toBe(0)
  events(['e-1', '10'])
  expect(counted()).toBe(1)
})

test('repeats of the content that stays count no more, those of the one that goes do', () => {
  const { events, counted } = watching()
  events(['e-1', '9'], ['e-1', '10'], ['e-1', '10'])
  expect(counted()).toBe(1)
  events(['e-1', '9'])
  expect(counted()).toBe(2)
})

test('an event and a call detail of one id are two things', () => {
  const { events, details, counted } = watching()
  events(['e-1', '1'])
  details(['e-1', '2'])
  expect(counted()).toBe(0)
})

test('what is read again after an unclean stop is not counted again', () => {
  const { events, counted } = watching({ isNew: ({ offset }) => offset >= 10 })
  events(['e-1', '1', 8], ['e-1', '2', 9])
  expect(counted()).toBe(0)
})

test('what was remembered longest is forgotten first, so that memory is bounded', () => {
  const { events, counted } = watching({ max: 4 })
  events(['e-1', '1'], ['e-2', '1'], ['e-3', '1'], ['e-4', '1'], ['e-5', '1'])
  events(['e-1', '2'])
  expect(counted()).toBe(0)
  events(['e-5', '2'])
  expect(counted()).toBe(1)
})

import { expect, test } from 'vitest'
import type { LogRecord } from '#contracts/event-log.ts'
import { maxLinks, tracesOf } from './span-links.ts'

const hex = (number: number, length: number): string => number.toString(16).padStart(length, '0')
const traceparent = (trace: number): string => `00-${hex(trace, 32)}-${hex(7, 16)}-01`
const aRecord = (value: LogRecord['value'], headers: LogRecord['headers'] = {}): LogRecord => ({
  ...{ topic: 'call-events', partition: 0, offset: 1, logTimeMs: 0, key: null, headers, value },
})
const idsOf = (...records: LogRecord[]) => tracesOf(records).map(({ traceId }) => Number.parseInt(traceId, 16))

test('traces are told by header, by attribute of binary mode, and by structured events', () => {
  const structured = JSON.stringify({ id: '1', traceparent: traceparent(3), data: {} })
  const told = idsOf(
    aRecord('{}', { traceparent: traceparent(1) }),
    aRecord('{}', { ce_traceparent: traceparent(2) }),
    aRecord(structured),
    aRecord(Buffer.from(structured.replace(traceparent(3), traceparent(4)))),
  )
  expect(told).toEqual([1, 2, 3, 4])
})

test('many messages of one trace are one link, and no batch has more than 32', () => {
  const many = Array.from({ length: 30_000 }, (_, at) => aRecord('{}', { traceparent: traceparent(1 + at) }))
  expect(tracesOf(many)).toHaveLength(maxLinks)
  expect(idsOf(...many.slice(0, 1), ...many.slice(0, 1))).toEqual([1])
})

test('what is no trace links nothing', () => {
  expect(idsOf(aRecord('{"traceparent":"00-abc"}'), aRecord('{}', { traceparent: traceparent(0) }))).toEqual([])
})

import { expect, test } from 'vitest'
import { createCdrDecode } from './cdr-decode.ts'
import { anEvent, aRecord, Collected, eventTime, exampleRules } from './cloud-event-examples.ts'
import { createLinkWriter } from './links.ts'

const decode = createCdrDecode({ ...exampleRules, writeLinks: createLinkWriter() })
function effectsOf(...events: unknown[]): Collected {
  const into = new Collected()
  for (const event of events) decode(aRecord(event, { topic: 'cdr-events' }), into)
  return into
}
const rated = (over: object = {}) =>
  anEvent('cdr.rated', {
    call_id: 'k-1',
    duration_seconds: 61,
    billed_seconds: 120,
    plan: 'gold',
    amount: '0.0125',
    currency: 'EUR',
    ...over,
  })

test('a rated record shows what was billed for, and keeps the money apart', () => {
  const into = effectsOf(rated())
  expect(into.of('cdr_records')).toMatchObject([
    {
      tenant: 'acme',
      correlation_id: 'c-1',
      time: Date.parse(eventTime),
      type: 'cdr.rated',
      data: '{"billed_seconds":120,"call_id":"k-1","duration_seconds":61}',
    },
  ])
  expect(into.of('cdr_billing')).toMatchObject([
    { billed_seconds: 120, plan: 'gold', amount: '0.0125', currency: 'EUR' },
  ])
})

test('the detail row says nothing about the amount, not even by its checksum', () => {
  expect(effectsOf(rated({ amount: '0.0125' })).of('cdr_records')).toEqual(
    effectsOf(rated({ amount: '99.95' })).of('cdr_records'),
  )
})

test('a record that is not rated bills nothing', () => {
  expect(effectsOf(anEvent('cdr.recorded', { duration_seconds: 61 })).of('cdr_billing')).toEqual([])
})

test('a record announces its call at once, links its ids and moves the watermark', () => {
  const into = effectsOf(rated())
  expect(into.changes).toEqual([
    { tenant: 'acme', id: 'c-1', minutes: [], rescore: false, cumulative: false, urgency: 'now', worst: 0 },
  ])
  expect(into.of('call_links')).toHaveLength(2)
  expect(into.times).toEqual([{ tenant: 'acme', ms: Date.parse(eventTime) }])
})

test('an amount that is no decimal is parked, and the next record goes through', () => {
  const into = effectsOf(rated({ amount: 0.1 }), rated())
  expect(into.parked).toEqual([{ reason: 'invalid_schema', detail: 'data.amount: expected string' }])
  expect(into.of('cdr_billing')).toHaveLength(1)
})

import { expect, test } from 'vitest'
import { anEvent, aServer } from './http-for-tests.ts'

const batchType = { 'content-type': 'application/cloudevents-batch+json' }
const single = { 'content-type': 'application/cloudevents+json' }
const post = (url: string, payload: string, headers: Record<string, string> = single) => ({
  method: 'POST' as const,
  url,
  headers,
  payload,
})

test.each([
  ['data.from', { data: { from: 'Ann \ud83d' } }],
  ['correlationid', { correlationid: '\ud800a' }],
  ['an_extension', { an_extension: '\udc00' }],
  ['data.(unprintable name)', { data: { '\ud800': 1 } }],
])('half a character is refused with the field, and nothing is stored: %s', async (field, over) => {
  const { app, records } = aServer()
  const answer = await app.inject(post('/v1/events', JSON.stringify([anEvent(), anEvent(over)]), batchType))
  expect([answer.statusCode, records]).toEqual([400, []])
  expect(answer.json()).toMatchObject({
    errors: [{ index: 1, field, fix: expect.stringContaining('half a character') }],
  })
})

test('a whole character of two halves is taken as it is', async () => {
  const { app, records } = aServer()
  const answer = await app.inject(post('/v1/events', JSON.stringify(anEvent({ data: { from: '\ud83d\ude00' } }))))
  expect([answer.statusCode, records.length]).toEqual([202, 1])
})

test.each([
  ['correlationid', { correlationid: 'trace:0' }],
  ['data.linked_correlation_id', { data: { linked_correlation_id: `trace:${'a'.repeat(32)}` } }],
])('an id that could not be told from a trace id is refused with its field: %s', async (field, over) => {
  const { app, records } = aServer()
  const answer = await app.inject(post('/v1/events', JSON.stringify(anEvent(over))))
  expect([answer.statusCode, records, answer.json<{ errors: { field: string }[] }>().errors[0]?.field]).toEqual([
    400,
    [],
    field,
  ])
})

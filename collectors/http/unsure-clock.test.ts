import { expect, test } from 'vitest'
import { anEvent, aServer, nowMs } from './http-for-tests.ts'

const post = (url: string, payload: object, headers = { 'content-type': 'application/cloudevents+json' }) => ({
  method: 'POST' as const,
  ...{ url, headers, payload },
})

test('while the clock is not sure, an event that only the other clock would take is to be sent again, one that neither takes is refused', async () => {
  const dayMs = 86_400_000
  const ahead = { clockAheadMs: () => dayMs }
  const sentAt = (ms: number) => post('/v1/events', anEvent({ time: new Date(ms).toISOString() }))
  const { app, records, counted } = aServer(ahead)
  const answer = await app.inject(sentAt(nowMs + dayMs))
  expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '30'])
  expect((await app.inject(sentAt(nowMs + 2 * dayMs))).statusCode).toBe(400)
  expect((await app.inject(sentAt(nowMs))).statusCode).toBe(202)
  expect([records.length, ...counted]).toEqual([1, 'events not_stored 1', 'events invalid 1', 'events accepted 1'])
  const sure = aServer()
  expect((await sure.app.inject(sentAt(nowMs + dayMs))).statusCode).toBe(400)
})

test('so are log lines with a time that only the other clock has reached', async () => {
  const dayMs = 86_400_000
  const lineAt = (ms: number) => ({
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: `${ms}000000`, body: { stringValue: 'x' } }] }] }],
  })
  const { app, records } = aServer({ clockAheadMs: () => dayMs })
  const json = { 'content-type': 'application/json' }
  expect((await app.inject(post('/v1/logs', lineAt(nowMs + dayMs), json))).statusCode).toBe(503)
  expect((await app.inject(post('/v1/logs', lineAt(nowMs), json))).statusCode).toBe(200)
  expect(records.length).toBe(1)
})

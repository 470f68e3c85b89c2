import { expect, test } from 'vitest'
import { createAuditDecode } from './audit-decode.ts'
import { anEvent, aRecord, Collected, exampleRules } from './cloud-event-examples.ts'

function effectsOf(value: unknown): Collected {
  const into = new Collected()
  createAuditDecode(exampleRules)(aRecord(value, { topic: 'audit-events' }), into)
  return into
}
const denied = (over: object = {}) =>
  anEvent(
    'audit.access_denied',
    { actor_id: 'u-7', resource: 'recordings/calls/1/2/audio.opus', action: 'read', obligations: ['log'] },
    over,
  )

test('an audit event is stored under its actor', () => {
  expect(effectsOf(denied()).of('audit_log')).toMatchObject([
    {
      tenant: 'acme',
      subject: 'u-7',
      type: 'audit.access_denied',
      correlation_id: 'c-1',
      data: expect.stringContaining('"obligations":["log"]'),
    },
  ])
})

test('an audit event need not belong to a call', () => {
  expect(effectsOf(denied({ correlationid: undefined })).of('audit_log')).toMatchObject([{ correlation_id: '' }])
})

test('every event of a batch is a row or a dead letter', () => {
  const into = effectsOf([
    denied(),
    denied({ id: 'e-2' }),
    anEvent('audit.access_denied', {}),
    anEvent('audit.unheard_of', {}),
  ])
  expect(into.of('audit_log')).toHaveLength(2)
  expect(into.parked.map(({ reason }) => reason)).toEqual(['invalid_schema', 'unknown_type'])
})

test('auditing changes no call', () => {
  expect(effectsOf(denied()).changes).toEqual([])
})

import { expect, test } from 'vitest'
import type { LogRecord } from '#contracts/event-log.ts'
import { createTenantOf } from './tenants.ts'

const tenantOf = createTenantOf({
  tenants: () => new Set(['acme', 'globex']),
  topicTenant: (topic) => (topic === 'cdr-events' ? 'globex' : undefined),
})

const of = (value: string, parts: Partial<LogRecord> = {}) =>
  tenantOf({
    ...{ topic: 'call-events', partition: 0, offset: 0, logTimeMs: 0, key: null, headers: {} },
    value,
    ...parts,
  })

test.each([
  ['the credential', of('{"tenantid":"globex"}', { headers: { 'callscope-tenant': 'acme' } }), 'acme'],
  ["the topic's configuration", of('{}', { topic: 'cdr-events' }), 'globex'],
  ['the event', of('{"tenantid":"acme"}'), 'acme'],
  ['the events of a batch that agree', of('[{"tenantid":"acme"},{"tenantid":"acme"}]'), 'acme'],
  [
    'the attributes of binary mode',
    of('{"tenantid":"globex"}', { headers: { ce_id: '1', ce_tenantid: 'acme' } }),
    'acme',
  ],
  ['events that differ', of('[{"tenantid":"acme"},{"tenantid":"globex"}]'), '_mixed'],
  ['lines and spans that no credential speaks for', of('{"tenantid":"acme"}', { topic: 'app-logs' }), '_mixed'],
  ['lines of a credential', of('{}', { topic: 'app-logs', headers: { 'callscope-tenant': 'acme' } }), 'acme'],
  ['a name that is not registered', of('{"tenantid":"../../etc"}'), '_unknown'],
  ['nobody', of('{}'), '_unknown'],
  ['what is no JSON', of('{'), '_unknown'],
  ['what is no event', of('[null, 7, "x", {"tenantid": 7}]'), '_unknown'],
])('%s', (_says, found, expected) => {
  expect(found).toBe(expected)
})

test('where there is one tenant only, what names none is its', () => {
  const only = createTenantOf({ tenants: () => new Set(['acme']) })
  expect(
    only({ ...{ topic: 'call-events', partition: 0, offset: 0, logTimeMs: 0, key: null, headers: {} }, value: '{}' }),
  ).toBe('acme')
})

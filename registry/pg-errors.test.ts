import { expect, test } from 'vitest'
import { registryError } from './pg-errors.ts'

const anError = (message: string, rest: object) => Object.assign(new Error(message), rest)

test.each([
  [anError('connect ECONNREFUSED 10.0.0.7:5432', { code: 'ECONNREFUSED' }), 'ECONNREFUSED, nobody answers there'],
  [new AggregateError([anError('10.0.0.7', { code: 'ECONNREFUSED' })]), 'ECONNREFUSED, nobody answers there'],
  [
    anError('password authentication failed for user "anna"', { code: '28P01', severity: 'FATAL' }),
    'refuses this user',
  ],
  [anError('database "anna" does not exist', { code: '3D000', severity: 'FATAL' }), 'database does not exist'],
  [anError('terminating connection', { code: '57P01', severity: 'FATAL' }), 'starting, stopping or has cut us off'],
  [anError('canceling statement', { code: '57014', severity: 'ERROR' }), 'took too long'],
  [new Error('Connection terminated unexpectedly'), 'the connection was cut'],
  [new Error('timeout exceeded when trying to connect'), 'no free connection'],
])('a registry that cannot be used now is said to be so, without names and addresses: %s', (error, words) => {
  const { message } = registryError(error)
  expect(message).toContain('The registry cannot be used now')
  expect(message).toContain(words)
  expect(message).not.toMatch(/anna|10\.0\.0\.7/)
})

test('a refused statement keeps the server’s words and its code, and not the row', () => {
  const detail = 'Failing row contains (anna, +49 170).'
  const told = registryError(anError('violates check constraint "c"', { code: '23514', severity: 'ERROR', detail }))
  expect(told).toMatchObject({ message: 'violates check constraint "c"', code: '23514' })
  expect(JSON.stringify(told, Object.getOwnPropertyNames(told))).not.toContain('170')
})

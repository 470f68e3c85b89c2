import { expect, test } from 'vitest'
import { isLasting, isUnheardOf, shortCause, storeError } from './clickhouse-errors.ts'
import { isUnavailable } from './errors.ts'

const anError = (message: string, rest: object) => Object.assign(new Error(message), rest)

test('an error of ClickHouse is its number and kind', () => {
  expect(shortCause(anError('… /home/anna …', { code: '243', type: 'NOT_ENOUGH_SPACE' }))).toBe(
    'ClickHouse error 243 (NOT_ENOUGH_SPACE)',
  )
})

test.each([
  ['ENOSPC', 'ENOSPC: no space left on the disk'],
  ['EDQUOT', 'EDQUOT: the disk quota is used up'],
  ['EWEIRD', 'system error EWEIRD'],
])('an error of the system is no error of ClickHouse, and names no path: %s', (code, words) => {
  expect(shortCause(anError(`${code}: write '/home/anna/1.native'`, { code }))).toBe(words)
})

test('what has no code is told in its own words, without what is quoted in them', () => {
  expect(shortCause(new Error("cannot read '/home/anna'"))).toBe("cannot read '…'")
  expect(shortCause(anError("cannot read '/home/anna'", { code: 'of no known kind' }))).toBe("cannot read '…'")
})

test('no quoted value of a message is passed on, however it is quoted and wherever the message is cut', () => {
  const long = `${'x'.repeat(190)} "+49 170 1234567" and '+49 170 7654321 never closed`
  const told = shortCause(new Error(long))
  expect(told).not.toContain('+49')
  expect(told.length).toBeLessThanOrEqual(200)
})

test.each([
  ['a server that is busy, or without its replicas', anError('', { code: '286', type: 'X' }), true],
  ['a session that it has forgotten', anError('', { code: '60', type: 'UNKNOWN_TABLE' }), true],
  ['a connection that was cut', anError('read', { code: 'ECONNRESET' }), true],
  ['no answer in time', new Error('Timeout error.'), true],
  ['a query that needs too much memory', anError('', { code: '241', type: 'MEMORY_LIMIT_EXCEEDED' }), false],
  ['a query that takes too long', anError('', { code: '159', type: 'TIMEOUT_EXCEEDED' }), false],
  ['a fault of ours', new TypeError('cannot read properties of undefined'), false],
  ['a statement that can never pass', anError('', { code: '62', type: 'SYNTAX_ERROR' }), false],
])('of %s what was asked for is to blame or not', (_what, error, away) => {
  expect(isUnavailable(storeError(error))).toBe(away)
})

test.each([
  ['half a character in JSON', '25', true, false],
  ['a syntax error', '62', true, false],
  ['memory, of which there may be more later', '241', false, false],
  ['a block that was not read whole', '395', false, false],
  ['a replica that is away', '242', false, false],
  ['what nobody has heard of', '4711', false, true],
])('%s: lasting, or unheard of', (_what, code, lasting, unheard) => {
  expect([isLasting(anError('', { code })), isUnheardOf(anError('', { code }))]).toEqual([lasting, unheard])
})

test('an error without a number of ClickHouse is never blamed on rows', () => {
  for (const error of [new Error('x'), anError('', { code: 'ECONNRESET' }), undefined])
    expect(isUnheardOf(error)).toBe(false)
})

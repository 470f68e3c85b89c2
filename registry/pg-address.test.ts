import { expect, test } from 'vitest'
import { pgAddress } from './pg-address.ts'

test('an address is taken apart, with what its parts hide', () => {
  expect(pgAddress('postgres://an%40na:p%2Fw@db.example:6432/call%20scope')).toEqual({
    ...{ host: 'db.example', port: 6_432, user: 'an@na', password: 'p/w', database: 'call scope' },
  })
  expect(pgAddress('postgresql://anna@[::1]/c')).toMatchObject({ host: '::1', port: 5_432, password: undefined })
  expect(pgAddress('postgres://anna@localhost/c?host=/var/run/postgresql')).toMatchObject({
    host: '/var/run/postgresql',
  })
})

test.each([
  ['mysql://anna:pl4nted@db/c', 'begin with postgres://'],
  ['postgres://anna:pl4nted@db/c?sslmode=disable', 'no parameter but host'],
  ['postgres://:pl4nted@db/c', 'names no user'],
  ['postgres://anna:pl4nted@db', 'names no database'],
  ['pl4nted', 'is no URL'],
])('what is wrong with an address is said without it', (url, words) => {
  const told = (() => {
    try {
      return JSON.stringify(pgAddress(url))
    } catch (error) {
      return String(error)
    }
  })()
  expect(told).toContain(words)
  expect(told).not.toContain('pl4nted')
})

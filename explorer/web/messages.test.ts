import { describe, expect, test } from 'vitest'
import { en } from './messages/en.ts'
import { ru } from './messages/ru.ts'
import { type MessageKey, type PluralForms, say, tIfKnown } from './messages.ts'

const keys = Object.keys(en) as MessageKey[]
const formsOf = (message: string | PluralForms): readonly string[] =>
  typeof message === 'string' ? [message] : Object.values(message)
const namesIn = (text: string): readonly string[] =>
  [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))].sort()

test('both languages say the same things', () => {
  expect(Object.keys(ru).sort()).toEqual([...keys].sort())
})

test.each(keys)('%s asks for the same values in both languages, and says something', (key) => {
  const wanted = namesIn(formsOf(en[key]).join(' '))
  for (const form of formsOf(ru[key])) expect(namesIn(form).filter((name) => !wanted.includes(name))).toEqual([])
  expect(namesIn(formsOf(ru[key]).join(' '))).toEqual(wanted)
  expect([...formsOf(en[key]), ...formsOf(ru[key])].filter((form) => form.trim() === '')).toEqual([])
})

test.each(keys.filter((key) => typeof en[key] !== 'string'))('%s has every plural form that Russian needs', (key) => {
  expect(Object.keys(ru[key])).toEqual(expect.arrayContaining(['one', 'few', 'many', 'other']))
})

describe('plural forms', () => {
  test.each([
    [1, '1 new call', '1 новый звонок'],
    [3, '3 new calls', '3 новых звонка'],
    [12, '12 new calls', '12 новых звонков'],
    [21, '21 new calls', '21 новый звонок'],
  ])('of %d', (n, english, russian) => {
    expect(say('en', 'calls.new', { n })).toBe(english)
    expect(say('ru', 'calls.new', { n })).toBe(russian)
  })
})

test('numbers are written as the language writes them', () => {
  expect(say('en', 'calls.new', { n: 12_345 })).toBe('12,345 new calls')
  expect(say('ru', 'calls.new', { n: 12_345 })).toMatch(/^12\s345 новых звонков$/)
})

test('a word that only the server knows is shown as it is', () => {
  expect(tIfKnown('finding', 'one_way_audio')).toBe('One-way audio')
  expect(tIfKnown('finding', 'quite_new_finding')).toBe('quite new finding')
})

test('a value is put in as text, braces and all', () => {
  expect(say('en', 'filters.remove', { name: 'Search', value: '{n} <b>' })).toBe('Remove filter Search: {n} <b>')
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { beginningOf, halfIn, mayHoldHalf, parseWellFormed, wellFormedJson } from './well-formed.ts'

const anyUnits = fc.array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd7f0, max: 0xe00f }), fc.constant(0x5c)))
const anyText = anyUnits.map((units) => String.fromCharCode(...units))
const anyTree = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    anyText,
    fc.double(),
    fc.constant(null),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(anyText, tie('tree'), { maxKeys: 3 }),
  ),
})).tree

const isWell = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.isWellFormed()
    : typeof value !== 'object' || value === null
      ? true
      : Object.entries(value).every(([key, member]) => key.isWellFormed() && isWell(member))

test('half a character is found wherever it is, and nothing else', () => {
  fc.assert(
    fc.property(anyTree, (tree) => {
      expect(halfIn(tree) === undefined).toBe(isWell(tree))
    }),
  )
})

test('the quick look at a JSON text never misses one', () => {
  fc.assert(
    fc.property(anyTree, (tree) => {
      if (!mayHoldHalf(JSON.stringify(tree))) expect(isWell(tree)).toBe(true)
    }),
  )
})

test('replaced in the text of JSON, halves are U+FFFD and all else is as it was', () => {
  fc.assert(
    fc.property(anyText, anyText, (name, text) => {
      const whole = { [name.toWellFormed()]: [text.toWellFormed()] }
      expect(parseWellFormed(JSON.stringify({ [name]: [text] }))).toEqual(whole)
    }),
  )
})

test('an escaped backslash before ud800 is no half character, in capitals it is one', () => {
  expect(wellFormedJson(String.raw`"\\ud800"`)).toBe(String.raw`"\\ud800"`)
  expect(JSON.parse(wellFormedJson(String.raw`"\uD83D\uDE00 \uDE00"`))).toBe('\ud83d\ude00 \ufffd')
})

test('the field is named, a name that is no field name is not quoted', () => {
  expect(halfIn({ data: { from: 'Ann \ud83d' } })).toBe('data.from')
  expect(halfIn({ data: { '\ud800': 1 } })).toBe('data.(unprintable name)')
  expect(halfIn({ '+49 30 1234567': ['a', '\udc00'] })).toBe('(unprintable name).1')
  expect(halfIn('\ud800')).toBe('event')
})

test('a text nested as deep as a message is long is looked through', () => {
  const depth = 200_000
  expect(halfIn(JSON.parse(`${'['.repeat(depth)}"\\ud800"${']'.repeat(depth)}`))).toMatch(/^0\.0\.[0.]{1,200}$/)
})

test('a text is cut between characters', () => {
  expect(beginningOf('ab\ud83d\ude00', 3)).toBe('ab')
  expect(beginningOf('ab\ud83d\ude00', 4)).toBe('ab\ud83d\ude00')
})

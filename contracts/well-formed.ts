/**
 * Text that is well-formed Unicode. JSON can write half a character (`"\ud800"`), UTF-8 cannot: what holds one is another
 * text in every store, and some refuse the statement that it stands in.
 */

/** What is said of a field that holds half a character. */
export const halfCharacter =
  'holds half a character (an unpaired surrogate such as \\ud800): send well-formed Unicode, or leave it out'

/** In an escape of JSON: a quick look that half a character may follow, and a whole one. */
const surrogate = /\\u[dD][89a-fA-F]/

/** False: no value parsed from this JSON text can hold half a character. True says nothing. Costs a search of the text. */
export const mayHoldHalf = (json: string): boolean =>
  (json.includes('\\u') && surrogate.test(json)) || !json.isWellFormed()

/**
 * The first field of a parsed JSON value, its own names included, that is not well-formed Unicode, as `data.from`; undefined:
 * all of it is. A name that is not well-formed is told of without quoting it. Takes any depth.
 */
export const halfIn = (value: unknown): string | undefined => fieldOf(value, isHalf)

/** The same of U+0000, which PostgreSQL stores in no text. */
export const nulIn = (value: unknown): string | undefined => fieldOf(value, (text) => text.includes('\0'))

const isHalf = (text: string): boolean => !text.isWellFormed()

/** Where the first text, or name, is that is wrong. */
function fieldOf(value: unknown, isWrong: (text: string) => boolean): string | undefined {
  if (isRight(value, isWrong)) return undefined
  const waiting: { readonly value: unknown; readonly path: string }[] = [{ value, path: '' }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path } = next
    if (typeof value === 'string' && isWrong(value)) return path === '' ? 'event' : path.slice(0, longestPath)
    if (typeof value !== 'object' || value === null) continue
    const within = path === '' ? '' : `${path}.`
    for (const [key, member] of Object.entries(value).reverse()) {
      if (isWrong(key)) return `${within}(unprintable name)`.slice(0, longestPath)
      waiting.push({ value: member, path: `${within}${printable(key)}` })
    }
  }
  return undefined
}

/** A path is for reading, and stands in headers. */
const longestPath = 200

/** Names of ours, and those a producer may have meant: anything else could be a value in the wrong place. */
const printable = (key: string): string => (/^[A-Za-z0-9_]{1,40}$/.test(key) ? key : '(unprintable name)')

/** Without building paths: nearly everything is. */
function isRight(root: unknown, isWrong: (text: string) => boolean): boolean {
  if (typeof root === 'string') return !isWrong(root)
  const waiting: unknown[] = [root]
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null) continue
    for (const key of Object.keys(value)) {
      const member = (value as Record<string, unknown>)[key]
      if (isWrong(key) || (typeof member === 'string' && isWrong(member))) return false
      if (typeof member === 'object' && member !== null) waiting.push(member)
    }
  }
  return true
}

const escapes = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|[\s\S])/g

/** The same JSON text with U+FFFD, the replacement character, for every half of a character, in names and in values. */
export function wellFormedJson(json: string): string {
  if (!mayHoldHalf(json)) return json
  const half = /^\\u[dD][89a-fA-F]/
  return json.toWellFormed().replace(escapes, (found) => (found.length === 6 && half.test(found) ? '\\ufffd' : found))
}

/** `JSON.parse` of what an earlier version has stored: halves of characters, which it let pass, are U+FFFD. */
export const parseWellFormed = (json: string): unknown => JSON.parse(wellFormedJson(json))

/** At most so many UTF-16 units of a text, without half a character at the end. */
export const beginningOf = (text: string, units: number): string =>
  text.length <= units ? text : text.slice(0, units).replace(/[\ud800-\udbff]$/, '')

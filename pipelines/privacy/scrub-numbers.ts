import { parsePhoneNumberFromString } from 'libphonenumber-js/min'

/**
 * Digits with what people put between them, from the first to at most the fifteenth (E.164). Begins at the border of a run, so
 * that nothing within an id, a decimal, a time or a version is taken for a number.
 */
const cluster = /(?<![\w.,:‹›]|\d[-/+]|[A-Za-z_][-#@=+]?\+?)(?:\+|%2B)?\(?\d(?:[ .\-/()\u00a0]{0,3}\d){6,14}(?!\d)/g
const afterKey =
  /(?<=[A-Za-z_"'][=#]|(?:SIP|Local|DAHDI|IAX2|Zap|gateway|internal|external)\/)(?:\+|%2B)?\(?\d(?:[ .\-/()\u00a0]{0,3}\d){6,14}(?!\d)/g

/** Text with its telephone numbers replaced. `replace` may give back what it was given. */
export function numbersIn(text: string, replace: (found: string) => string): string {
  if (!sevenDigits.test(text)) return text
  return pass(pass(text, cluster, replace), afterKey, replace)
}

const sevenDigits = /(?:\d[^0-9A-Za-z]{0,3}){7}/

function pass(text: string, pattern: RegExp, replace: (found: string) => string): string {
  let out = ''
  let from = 0
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const { 0: found, index } = match
    const length = lengthOf(found, text, index)
    if (length > 0) {
      out += text.slice(from, index) + replace(found.slice(0, length))
      from = index + length
      pattern.lastIndex = from
      // Not a number from here on; the next run of digits may begin one.
    } else pattern.lastIndex = index + Math.max(1, (/^[^\d]*\d+/.exec(found)?.[0] ?? '').length)
  }
  return from === 0 ? text : out + text.slice(from)
}

/** How much of what was found is a telephone number; 0: nothing. */
function lengthOf(found: string, text: string, index: number): number {
  if (date.test(found) || isSpelt(found)) return 0
  const context = contextOf(text.slice(Math.max(0, index - 40), index))
  const parts = [...partsOf(found)]
  // Long enough to be a number and a code after it: the part that is a number by itself.
  const long = /^[+%]/.test(found) && parts.length > 1 && digitsOf(found).length > 12
  const known = long ? parts.find((part) => isInternational(digitsOf(part))) : undefined
  if (known !== undefined) return known.length
  for (const part of parts) {
    const after = text.slice(index + part.length, index + part.length + 12)
    if (isNumber(part, after, context)) return part.length
  }
  return 0
}

/** Lists of one digit each are no number; whoever writes one groups it. */
const isSpelt = (found: string): boolean =>
  !/^[+%]/.test(found) && 1.5 * (found.match(/\d+/g)?.length ?? 0) > digitsOf(found).length

/** What stands before a run of digits, and what it says of them. */
interface Context {
  readonly channel: boolean
  readonly measured: boolean
  readonly strong: boolean
  readonly weak: boolean
}

const contextOf = (before: string): Context => ({
  channel: channel.test(before),
  measured: measured.test(before),
  strong: strong.test(before),
  weak: weak.test(before),
})

// Year first, day first, and times: 2026-11-21, 21.11.2026, 11/21/2026.
const date = /^(?:(?:19|20)\d\d[-/.][01]\d[-/.][0-3]\d|[0-3]?\d[-/.][0-3]?\d[-/.](?:19|20)\d\d)(?!\d)/

/** What was found, and without its last groups: `+49 30 1234567 200` is a number and a code. */
function* partsOf(found: string): Generator<string> {
  for (let end = found.length; end > 0; ) {
    const part = found.slice(0, end)
    if (digitsOf(part).length < 7) return
    yield part
    const cut = part.replace(/[^\d]+\d+$/, '')
    if (cut === part) return
    end = cut.length
  }
}

const digitsOf = (text: string): string => text.replace(/\D/g, '')

function isNumber(part: string, after: string, context: Context): boolean {
  // The middle of a decimal, a time, a path, an id: what goes on is no number's end.
  if (/^(?:[\w‹›]|[.,:/-]\d|:\/)/.test(after) || /^[-_][A-Za-z]/.test(after))
    return context.channel && after.startsWith('-')
  const digits = digitsOf(part)
  if (part.startsWith('+') || part.startsWith('%2B')) return digits.length >= 10 || isPossible(digits)
  if (/^\(?00/.test(part)) return digits.length >= 10 && isPossible(digits.slice(2))
  if (context.measured || unit.test(after) || isEpoch(digits, part)) return false
  if (context.strong) return true
  if (shapes.some((shape) => shape.test(part))) return true
  if (digits.length < 10) return false
  if (digits === part) return context.weak || (isInternational(digits) && !/^\d*0{4}/.test(digits.slice(3)))
  return context.weak
}

const isPossible = (digits: string): boolean => parsePhoneNumberFromString(`+${digits}`)?.isPossible() === true
const isInternational = (digits: string): boolean => parsePhoneNumberFromString(`+${digits}`)?.isValid() === true

/** Unix seconds and milliseconds of the years 2014 to 2033; no telephone number begins like one and is as long. */
const isEpoch = (digits: string, part: string): boolean =>
  digits === part && /^1[4-9]/.test(digits) && (digits.length === 10 || digits.length === 13)

/** Ways in which numbers are written that nothing else is: a trunk 0, an area in brackets, 415-555-0100, 8 495 123-45-67. */
const shapes: readonly RegExp[] = [
  /^\(?0[1-9]\d{1,5}\)?(?:[ .\-/]{1,3}\d{2,8}){1,4}$/,
  /^0[1-9](?:[ .-]\d{2}){4}$/,
  /^0[1-9]\d{8,10}$/,
  /^(?:1[ .-])?\([2-9]\d{2}\)[ ]?\d{3}[ .-]\d{4}$/,
  /^(?:1[.-])?[2-9]\d{2}([.-])\d{3}\1\d{4}$/,
  /^\(\d{2,5}\)[ -]?\d{2,5}(?:[ -]\d{2,5}){1,3}$/,
  /^[78][ -]?\(?\d{3}\)?[ -]\d{3}[ -]\d{2}[ -]\d{2}$/,
]

const between = `["']?\\s{0,3}[:=]?\\s{0,3}["'(<]?$`
/** Whose value is a number, whatever it looks like. */
const strong = new RegExp(
  `(?:caller|callee|calling|called|phone|mobile|cell|fax|\\btel|telephone|msisdn|\\bani|dnis|\\bcli|clid|dial(?:led|ed|ing)?|e164|subscriber|[ab][-_ ]number|phone[-_ ]number|[-_ ]number|\\bnumber)(?:[-_ ]?(?:number|party|num|no|uri|name))?${between}`,
  'i',
)
/** Often followed by a number, and often by something else. */
const weak = new RegExp(`\\b(?:from|to|for|user|call|with|party|src|dst|destination|source|contact)${between}`, 'i')
/** Names of what is counted or measured, and of ids. */
const measured =
  /(?:id|ms|ns|us|bytes|size|ssrc|seq\w{0,8}|offset|port|pid|tid|time|ts|timestamp|duration|count|len|length|total|line|epoch|nonce|tag|branch|version|build|rtp\w{0,8}|packets|octets|sum|hash|crc|checksum|amount|lag|rev|revision|key|index)(?:\s{1,2}(?:from|to|of|was|is))?["']?\s{0,2}[:=#]?\s{0,2}["'([]?$/i
const unit = /^\s{0,2}(?:[nµu]?s\b|ms\b|sec|bytes?\b|[kMG]i?B\b|octets|packets|samples|rows|messages|%|Hz)/
/** Asterisk and FreeSWITCH name channels by what was dialled. */
const channel = /(?:SIP|Local|DAHDI|IAX2|Zap)\/$/i

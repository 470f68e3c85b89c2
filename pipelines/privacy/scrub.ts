import { isIPv4, isIPv6 } from 'node:net'
import { numbersIn } from './scrub-numbers.ts'
import { replaceSecrets } from './scrub-secrets.ts'

export type Mark = 'number' | 'sip-uri' | 'email' | 'ip' | 'token'

/** What stands in the place of what was found; to keep it, the same text again. */
export type Replace = (mark: Mark, found: string) => string

export const markOf: Replace = (mark) => `‹${mark}›`

/**
 * Free text with what names or lets in a person cut out: telephone numbers, SIP, SIPS and tel URIs with their display names,
 * e-mail addresses, IP addresses, tokens and passwords. In linear time: every expression begins at the border of a run and is
 * bounded, so that no text makes it try a place twice. What it finds depends on the text alone, never on policy or time,
 * and its own marks hold nothing to be found: scrub(scrub(x)) = scrub(x).
 */
export function scrub(text: string, replace: Replace = markOf): string {
  if (!suspicious.test(text)) return text
  let before = text
  // What is cut out may bring its neighbours to light; real lines are through after one look more.
  for (let round = 0; round < maxRounds; round++) {
    const after = once(before, replace)
    if (after === before) return after
    before = after
  }
  return before
}

const maxRounds = 6

/** Most lines hold none of this. A superset of all that is looked for below. */
const suspicious =
  /@|%40|eyJ|(?:\d[^0-9A-Za-z]{0,3}){7}|\d\.\d{1,3}\.\d|:[0-9A-Fa-f]{0,4}:|\bsips?(?::|%3A)|\btel:|bearer|basic |authorization|token|passw|pwd|secret|api[-_]?key|cookie|[?&](?:key|sig|code|auth)/i

function once(text: string, replace: Replace): string {
  let left = replaceSecrets(text, replace)
  if (uri.test(left)) left = replaceUris(left, replace)
  if (left.includes('@') || left.includes('%40')) left = left.replace(address, (found) => replace('email', found))
  if (left.includes(':'))
    left = left.replace(ipv6, (found, inner) =>
      isIPv6(inner) && inner !== '::' && inner !== '::1' ? replace('ip', found) : found,
    )
  left = left.replace(ipv4, (found, inner) => (isSomebodys(inner) ? replace('ip', found) : found))
  return numbersIn(left, (found) => replace('number', found))
}

const uri = /(?<![\w‹›])(?:sips?(?::|%3A)|tel:)[^\s]/i
/** In brackets to their end, with the display name before them; else to the next space, quote, bracket or comma. */
const inBrackets = /(?:"[^"\n]{0,128}"[ \t]{0,4})?<(?:sips?(?::|%3A)|tel:)[^<>\s]{1,1024}>/gi
const bare = /(?<![\w‹›])(?:sips?(?::|%3A)|tel:)(?![\s‹])[^\s<>"'‹›,]{1,1024}/gi
/** `From: Bob Smith <sip:…>`: a display name without quotes. */
const headerName =
  /(?<=\b(?:From|To|Contact|P-Asserted-Identity|Remote-Party-ID|Referred-By):[ \t]{0,4})(?![ \t])[^<>"\n:‹›]{1,128}(?=<)/gi
const trailing = /[.;:!?)\]}]+$/

function replaceUris(text: string, replace: Replace): string {
  const named = text.includes('<')
    ? text.replace(headerName, '').replace(inBrackets, (found) => replace('sip-uri', found))
    : text
  return named.replace(bare, (found) => {
    const rest = trailing.exec(found)?.[0] ?? ''
    const inner = found.slice(0, found.length - rest.length)
    return inner.endsWith(':') || inner === '' ? found : replace('sip-uri', inner) + rest
  })
}

// user@host: a domain with a top level, or an IP address. `name@1a2b3c` (an object's address) is neither.
const address =
  /(?<![A-Za-z0-9._+~‹›-])[A-Za-z0-9._+~-]+(?:@|%40)(?:(?:[A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z-]*|(?:\d{1,3}\.){3}\d{1,3}|\[[0-9A-Fa-f:.]{2,45}\]|localhost)(?::\d{1,5})?/g

const ipv6 =
  /(?<![\w:.‹›])\[?((?=[0-9A-Fa-f]{0,4}:)(?:[0-9A-Fa-f:]{1,32}:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f:]{2,39}))(?:%\w{1,16})?(?:\](?::\d{1,5})?)?(?![\w:‹›]|\.\d)/g
const ipv4 = /(?<![\w.‹›]|\d,)((?:\d{1,3}\.){3}\d{1,3})(?::\d{1,5})?(?![\w‹›]|\.\d)/g

/** Of this machine, or of nobody: they tell of no person, and much of a configuration. */
const isSomebodys = (ip: string): boolean =>
  isIPv4(ip) && !ip.startsWith('127.') && ip !== '0.0.0.0' && ip !== '255.255.255.255'

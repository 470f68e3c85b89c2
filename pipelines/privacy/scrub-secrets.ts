import type { Replace } from './scrub.ts'

const line = '[^\\n\\r‹›]{1,4096}'
/** Headers whose whole value is a secret (SIP and HTTP Digest spread theirs over many parameters). */
const digest = new RegExp(`(\\b(?:proxy-)?authorization["']?\\s{0,4}[:=]\\s{0,4}["']?)digest\\s${line}`, 'gi')
const cookies = new RegExp(`(\\b(?:set-)?cookie2?["']?\\s{0,4}[:=]\\s{0,4})(?![‹\\s])${line}`, 'gi')
const authorization =
  /(\b(?:proxy-)?authorization["']?\s{0,4}[:=]\s{0,4}["']?)(?:(?:bearer|basic|negotiate|ntlm|apikey|token)\s{1,4})?(?![‹\s])[^\s"'‹›,;]{1,4096}/gi
const scheme = /(\b(?:bearer|basic)\s{1,4})([A-Za-z0-9._~+/=-]{8,4096})/gi
const jwt = /(?<![\w.-])eyJ[A-Za-z0-9_-]{5,4096}\.[A-Za-z0-9_-]{2,4096}(?:\.[A-Za-z0-9_-]{0,4096})?/g
/** `password=…`, `"token": "…"`. After a colon and a space words of prose are no values: those have a digit. */
const named =
  /(\b[\w.-]{0,40}?(?:passw(?:or)?d|passphrase|pwd|secret|token|api[-_]?key)(["']?)\s{0,4}([:=])\s{0,4}(["']?))([^\s"'‹›,;&<>}]{1,4096})/gi
/** Short names that are secrets in a query string and words elsewhere. */
const query =
  /([?&](?:key|sig|signature|code|auth|session|x-amz-(?:signature|credential|security-token))=)([^\s"'‹›&#<>]{1,4096})/gi

const words =
  /bearer|basic|authorization|cookie|eyJ|passw|passphrase|pwd|secret|token|api[-_]?key|[?&](?:key|sig|code|auth|session|x-amz)/i

/** Tokens, passwords and what comes with requests to prove who they are from. */
export function replaceSecrets(text: string, replace: Replace): string {
  if (!words.test(text)) return text
  const rest = (found: string, head: string): string => head + replace('token', found.slice(head.length))
  return text
    .replace(digest, rest)
    .replace(cookies, rest)
    .replace(authorization, rest)
    .replace(scheme, (found, head: string, value: string) => (isWord(value) ? found : rest(found, head)))
    .replace(jwt, (found) => replace('token', found))
    .replace(named, (found: string, head: string, _quote: string, sign: string, quoted: string, value: string) => {
      const prose = sign === ':' && quoted === '' && !/passw|pwd/i.test(head) && !/\d/.test(value)
      return prose ? found : rest(found, head)
    })
    .replace(query, rest)
}

/** "Basic authentication", "bearer expired": no secret is one lower-case word. */
const isWord = (value: string): boolean => /^[A-Z]?[a-z]+[.]?$/.test(value)

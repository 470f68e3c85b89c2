import { LastingError, unavailable } from './errors.ts'

/**
 * ClickHouse error codes that the same rows or query will meet again whenever they are sent: they cannot be parsed, do not
 * fit a column, or name what is not there. Anything else (network, memory, disk, too many parts, a quorum or Keeper that
 * is away, a password that somebody has to set right) may pass with time. Source: ClickHouse, src/Common/ErrorCodes.cpp.
 */
const lastingCodes = new Set(
  [
    ...[
      6, 25, 26, 27, 28, 33, 36, 38, 41, 42, 43, 44, 46, 47, 50, 53, 62, 69, 70, 72, 117, 128, 130, 131, 153, 167, 168,
    ],
    ...[190, 306, 321, 349, 376, 386, 407, 427, 434, 441, 457, 467, 676, 691],
  ].map(String),
)

const codeOf = (error: unknown): string | undefined => {
  if (typeof error !== 'object' || error === null) return undefined
  const { code } = error as { code?: unknown }
  return typeof code === 'string' || typeof code === 'number' ? String(code) : undefined
}

/** True when sending the same again cannot succeed. */
export const isLasting = (error: unknown): boolean =>
  error instanceof LastingError || lastingCodes.has(codeOf(error) ?? '')

/** An error in words that may be logged: its code and kind, never the query or the values in it, which may be personal. */
export function shortCause(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  const { type } = error as { type?: unknown }
  const code = codeOf(error)
  if (code !== undefined && /^\d+$/.test(code))
    return `ClickHouse error ${code}${typeof type === 'string' ? ` (${type})` : ''}`
  if (code !== undefined && /^[A-Z][A-Z0-9_]*$/.test(code)) return systemError(code)
  // What a proxy says in place of the server may hold anything.
  if (/^\s*(<|$)/.test(error.message)) return 'an answer came that is not from a ClickHouse server'
  return error.message.replace(/(['"`]).*?(?:\1|$)/gs, '$1…$1').slice(0, 200)
}

/** Of files and sockets: their messages name paths and addresses. */
const systemErrors: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'a file or folder may not be written to',
  EPERM: 'a file or folder may not be written to',
  EROFS: 'the disk is mounted read-only',
  EIO: 'the disk failed a read or write',
  EMFILE: 'too many files are open',
  ENOENT: 'a file or folder is gone',
  ECONNREFUSED: 'nobody answers there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'no answer in time',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
  EHOSTUNREACH: 'no way there',
  ENETUNREACH: 'no way there',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
}

const systemError = (code: string): string =>
  systemErrors[code] === undefined ? `system error ${code}` : `${code}: ${systemErrors[code]}`

/**
 * Codes that speak of the server and not of what it was asked: it is busy, stopping, out of room, cut off from its
 * replicas or Keeper, writes another quorum first, has forgotten a session and its tables, or does not know us now.
 */
const awayCodes = new Set(
  [
    ...[60, 81, 95, 96, 164, 198, 202, 209, 210, 225, 234, 236, 242, 243, 252, 254, 265, 279, 285, 286, 289, 319],
    ...[369, 372, 373, 394, 415, 416, 425, 439, 452, 497, 516, 692, 700, 735, 745, 763, 999],
  ].map(String),
)

/**
 * Codes that speak of the machine or of how much was asked for at once: files, memory, time. Of one row or call they say
 * nothing, however often they come. 395: our own check that a block was read whole.
 */
const strainCodes = new Set(
  [32, 74, 75, 76, 77, 78, 79, 107, 159, 160, 173, 241, 307, 395, 499, 1000, 1001, 1002].map(String),
)

/** True for an error of ClickHouse that is neither known to last nor to pass: what it says of may well be what was sent. */
export function isUnheardOf(error: unknown): boolean {
  const code = codeOf(error) ?? ''
  return /^\d+$/.test(code) && !lastingCodes.has(code) && !awayCodes.has(code) && !strainCodes.has(code)
}

/** A request without an answer, or with one that is not the server's; a code that is no number is of a socket or a file. */
function isAway(error: unknown): boolean {
  const code = codeOf(error)
  if (code === undefined)
    return error instanceof Error && /^timeout error|socket hang up|^an answer came|^\s*</i.test(error.message)
  return /^\d+$/.test(code) ? awayCodes.has(code) : /^E[A-Z0-9_]+$/.test(code) && !code.startsWith('ERR_')
}

/** The error to throw on: lasting, passing, or of a store that is away; and fit to be logged. */
export function storeError(error: unknown): Error {
  if (isLasting(error)) return new LastingError(shortCause(error))
  return isAway(error) ? unavailable(new Error(shortCause(error))) : new Error(shortCause(error))
}

/** Another insert with a quorum into this table is under way (286): nothing of this one was written. */
export const isQuorumBusy = (error: unknown): boolean => codeOf(error) === '286'

import type { KnownKey } from '#contracts/registry.ts'
import type { KeyFound } from './key-lookups.ts'
import { Problem } from './problem.ts'

/** Why a credential opened nothing. A closed set: it is a label, and stands in the audit log. */
export const denials = [
  'no_credential',
  'malformed',
  'unknown_key',
  'too_many_unknown_keys',
  'revoked_key',
  'expired_key',
  'not_allowed',
] as const
export type Denial = (typeof denials)[number]

/** A credential that opens nothing, or not this. */
export class Denied extends Problem {
  readonly denial: Denial
  /** The key that was shown, where it is one. */
  readonly keyId: string | undefined

  constructor(
    status: 401 | 403 | 429,
    denial: Denial,
    detail: string,
    of: { keyId?: string; retryAfterSeconds?: number } = {},
  ) {
    super(status, detail, of.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: of.retryAfterSeconds })
    this.name = 'Denied'
    this.denial = denial
    this.keyId = of.keyId
  }
}

/** What an error of authentication counts as; undefined: it is none. */
export function denialOf(error: unknown): { readonly denial: Denial; readonly keyId: string | undefined } | undefined {
  if (error instanceof Denied) return { denial: error.denial, keyId: error.keyId }
  if (!(error instanceof Problem)) return undefined
  if (error.status === 401) return { denial: 'no_credential', keyId: undefined }
  return error.status === 403 ? { denial: 'not_allowed', keyId: undefined } : undefined
}

/** The key that was shown, if it opens anything at that time; otherwise Denied. */
export function keyThatHolds(found: KeyFound, nowMs: number): KnownKey {
  if (found.type === 'limited')
    throw new Denied(
      429,
      'too_many_unknown_keys',
      'too many unknown API keys come from your address: check the key, and come again later',
      { retryAfterSeconds: found.retryAfterSeconds },
    )
  if (found.type === 'unknown')
    throw new Denied(401, 'unknown_key', 'the API key is not known: make one with "callscope keys create"')
  const { key } = found
  const { id: keyId } = key
  if (key.revokedMs !== undefined)
    throw new Denied(
      401,
      'revoked_key',
      `the API key ${keyId} was revoked: make another with "callscope keys create"`,
      {
        keyId,
      },
    )
  if (key.expiresMs !== undefined && key.expiresMs <= nowMs)
    throw new Denied(
      401,
      'expired_key',
      `the API key ${keyId} has expired: make another with "callscope keys create"`,
      {
        keyId,
      },
    )
  return key
}

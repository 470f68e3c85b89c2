import type { Role } from '#contracts/registry.ts'

export interface KeyEntry {
  readonly id: string
  readonly tenant: string
  readonly role: Role
  readonly label: string
  readonly createdMs: number
  /** Undefined: it has no end. */
  readonly expiresMs?: number | undefined
  /** To the minute, and up to a minute late. Undefined: never. */
  readonly lastUsedMs?: number | undefined
  readonly revokedMs?: number | undefined
  readonly state: 'active' | 'expired' | 'revoked'
}

export interface KeyAsked {
  readonly tenant: string
  readonly role: Role
  readonly label: string
  readonly expiresMs?: number | undefined
}

export interface MadeKey {
  readonly id: string
  /** In clear, this once. */
  readonly key: string
  readonly expiresMs?: number | undefined
}

export interface KeyDesk {
  /** Makes a key and returns it in clear, once. Undefined: no such tenant. */
  create(key: KeyAsked): Promise<MadeKey | undefined>
  list(): Promise<readonly KeyEntry[]>
  /** From now on it opens nothing, on other processes within `defaultKeyPace.believedMs`. Undefined: no such key. */
  revoke(id: string): Promise<{ readonly id: string; readonly revokedMs: number } | undefined>
}

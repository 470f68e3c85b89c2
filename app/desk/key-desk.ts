import { randomBytes } from 'node:crypto'
import { hashKey } from '#collectors/http/credentials.ts'
import type { KeyDesk, KeyEntry } from '#collectors/http/key-port.ts'
import type { Clock } from '#contracts/clock.ts'
import type { ListedKey, Registry } from '#contracts/registry.ts'

export function createKeyDesk({ tenants, keyEnds }: Pick<Registry, 'tenants' | 'keyEnds'>, clock: Clock): KeyDesk {
  return {
    async create({ tenant, role, label, expiresMs }) {
      if (!(await tenants.tenants()).some(({ id }) => id === tenant)) return undefined
      // The prefix lets secret scanners recognise a leaked key.
      const key = `csk_${randomBytes(32).toString('base64url')}`
      const id = await tenants.addKey({ tenant, role, label, sha256: hashKey(key), expiresMs })
      return { id, key, ...(expiresMs === undefined ? {} : { expiresMs }) }
    },
    async list() {
      const nowMs = clock()
      return (await tenants.keys()).map((key): KeyEntry => ({ ...key, state: stateOf(key, nowMs) }))
    },
    async revoke(id) {
      const revoked = await keyEnds.revoke(id)
      return revoked?.revokedMs === undefined ? undefined : { id, revokedMs: revoked.revokedMs }
    },
  }
}

function stateOf({ expiresMs, revokedMs }: ListedKey, nowMs: number): KeyEntry['state'] {
  if (revokedMs !== undefined) return 'revoked'
  return expiresMs !== undefined && expiresMs <= nowMs ? 'expired' : 'active'
}

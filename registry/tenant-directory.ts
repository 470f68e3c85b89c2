import type { Clock } from '#contracts/clock.ts'
import type { KnownKey, NewKey, Role, TenantDirectory } from '#contracts/registry.ts'
import { asSystem, asTenant, type Database, type Row } from './database.ts'

export const keyColumns = 'id, tenant, role, expires_ms, revoked_ms'

const roles: readonly Role[] = ['ingest', 'reader', 'administrator']

export function createTenantDirectory(database: Database, clock: Clock): TenantDirectory {
  return {
    tenants: () =>
      asSystem(database, async ({ query }) => {
        const rows = await query('SELECT id, name FROM callscope.tenants ORDER BY id')
        return rows.map(({ id, name }) => ({ id: String(id), name: String(name) }))
      }),
    async ensureTenants(tenants) {
      if (tenants.length === 0) return
      await asSystem(database, ({ query }) =>
        query(
          `INSERT INTO callscope.tenants SELECT id, name, $3 FROM unnest($1::text[], $2::text[]) AS given (id, name)
           ON CONFLICT DO NOTHING`,
          [tenants.map(({ id }) => id), tenants.map(({ name }) => name), clock()],
        ),
      )
    },
    findKey: (sha256) =>
      asSystem(database, async ({ query }) => {
        const [row] = await query(`SELECT ${keyColumns} FROM callscope.api_keys WHERE sha256 = $1`, [sha256])
        return row && keyFrom(row)
      }),
    keys: () =>
      asSystem(database, async ({ query }) => {
        const rows = await query(
          `SELECT ${keyColumns}, label, created_ms, last_used_ms FROM callscope.api_keys ORDER BY created_ms DESC, label, id`,
        )
        return rows.map((row) => ({
          ...keyFrom(row),
          label: String(row.label),
          createdMs: Number(row.created_ms),
          lastUsedMs: momentFrom(row.last_used_ms),
        }))
      }),
    addKey: (key) => asTenant(database, key.tenant, ({ query }) => addKey(query, key, clock())),
  }
}

async function addKey(
  query: Database['query'],
  { tenant, role, sha256, label, expiresMs }: NewKey,
  nowMs: number,
): Promise<string> {
  const known = await query('SELECT FROM callscope.tenants')
  if (known.length === 0) throw new Error(`Tenant '${tenant}' is not registered; add it before its keys.`)
  await query(
    `INSERT INTO callscope.api_keys (sha256, tenant, role, label, created_ms, expires_ms) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT DO NOTHING`,
    [sha256, tenant, role, label, nowMs, expiresMs ?? null],
  )
  // Adding the same key again is no error; a key that already opens something else is.
  const [row] = await query(`SELECT ${keyColumns} FROM callscope.api_keys WHERE sha256 = $1`, [sha256])
  const stored = row && keyFrom(row)
  if (stored?.role !== role) throw new Error(`The key '${label}' is already in use for another tenant or role.`)
  return stored.id
}

export const keyFrom = (row: Row): KnownKey => ({
  id: String(row.id),
  tenant: String(row.tenant),
  role: roleFrom(row.role),
  expiresMs: momentFrom(row.expires_ms),
  revokedMs: momentFrom(row.revoked_ms),
})

const momentFrom = (value: unknown): number | undefined =>
  value === null || value === undefined ? undefined : Number(value)

function roleFrom(value: unknown): Role {
  const role = roles.find((known) => known === value)
  if (role === undefined) throw new Error(`The registry holds a key with the unknown role '${value}'.`)
  return role
}

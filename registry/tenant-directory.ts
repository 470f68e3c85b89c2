import type { Clock } from '#contracts/clock.ts'
import type { ApiKey, Role, TenantDirectory } from '#contracts/registry.ts'
import { asSystem, asTenant, type Database } from './database.ts'

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
        const [row] = await query('SELECT tenant, role FROM callscope.api_keys WHERE sha256 = $1', [sha256])
        return row === undefined ? undefined : { tenant: String(row.tenant), role: roleFrom(row.role) }
      }),
    keys: () =>
      asSystem(database, async ({ query }) => {
        const rows = await query(
          'SELECT tenant, role, label, created_ms FROM callscope.api_keys ORDER BY created_ms DESC, label',
        )
        return rows.map(({ tenant, role, label, created_ms }) => ({
          tenant: String(tenant),
          role: roleFrom(role),
          label: String(label),
          createdMs: Number(created_ms),
        }))
      }),
    addKey: (key) => asTenant(database, key.tenant, ({ query }) => addKey(query, key, clock())),
  }
}

async function addKey(
  query: Database['query'],
  { tenant, role, sha256, label }: Parameters<TenantDirectory['addKey']>[0],
  nowMs: number,
): Promise<void> {
  const known = await query('SELECT FROM callscope.tenants')
  if (known.length === 0) throw new Error(`Tenant '${tenant}' is not registered; add it before its keys.`)
  await query('INSERT INTO callscope.api_keys VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING', [
    sha256,
    tenant,
    role,
    label,
    nowMs,
  ])
  // Adding the same key again is no error; a key that already opens something else is.
  const [row] = await query('SELECT role FROM callscope.api_keys WHERE sha256 = $1', [sha256])
  const stored: ApiKey | undefined = row && { tenant, role: roleFrom(row.role) }
  if (stored?.role !== role) throw new Error(`The key '${label}' is already in use for another tenant or role.`)
}

function roleFrom(value: unknown): Role {
  const role = roles.find((known) => known === value)
  if (role === undefined) throw new Error(`The registry holds a key with the unknown role '${value}'.`)
  return role
}

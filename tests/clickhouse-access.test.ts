import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { text } from '#warehouse/literal.ts'
import { statementsOf } from '#warehouse/migrate.ts'

const folder = join(import.meta.dirname, '..', 'deploy', 'clickhouse', 'sql')
const files = readdirSync(folder).sort()
const statements = files.flatMap((file) => statementsOf(readFileSync(join(folder, file), 'utf8')))
const grants = statements.flatMap((sql) => {
  const found = /^GRANT SELECT ON (\w+) TO (\w+)$/.exec(sql)
  return found === null ? [] : [{ table: String(found[1]), role: String(found[2]) }]
})
const readable = (role: string): readonly string[] =>
  grants
    .filter((grant) => grant.role === role)
    .map(({ table }) => table)
    .sort()

/** Read by the program alone. */
const ofNobody = ['schema_migrations']

let warehouse: TestWarehouse
let tables: readonly string[]
let views: readonly string[]
let tenantColumns: ReadonlyMap<string, string>
beforeAll(async () => {
  warehouse = await startWarehouse()
  const names = async (where: string) =>
    (await warehouse.rows<[string]>(`SELECT name FROM system.tables WHERE database = 'default' AND ${where}`))
      .map(([name]) => name)
      .sort()
  tables = await names("engine != 'View'")
  views = await names("engine = 'View'")
  tenantColumns = new Map(
    await warehouse.rows<[string, string]>(
      `SELECT table, name FROM system.columns WHERE database = 'default' AND lower(name) = 'tenant'`,
    ),
  )
})
afterAll(() => warehouse?.stop())

test.each(statements)('the engine can read %s', async (sql) => {
  await expect(warehouse.rows(`SELECT formatQuery(${text(sql)})`)).resolves.toHaveLength(1)
})

describe('who reads what', () => {
  test('every table and view is granted to somebody, or stands on the short list', () => {
    const granted = new Set(grants.map(({ table }) => table))
    expect([...tables, ...views].filter((name) => !granted.has(name))).toEqual(ofNobody)
    expect([...granted].filter((name) => !tables.includes(name) && !views.includes(name))).toEqual([])
  })

  test('money and the audit log are readable to their own roles only', () => {
    const readersOf = (table: string) => grants.filter((grant) => grant.table === table).map(({ role }) => role)
    expect(readersOf('cdr_billing')).toEqual(['callscope_billing'])
    expect(readersOf('audit_log')).toEqual(['callscope_auditor'])
    expect(readersOf('audit_logs')).toEqual(['callscope_auditor'])
    expect(readable('callscope_auditor')).toEqual(['audit_log', 'audit_logs'])
  })

  test('the users of the compose stack read what those on call read, and nothing by a pattern', () => {
    const users = readFileSync(join(folder, '..', 'users.d', 'callscope.xml'), 'utf8')
    for (const user of ['callscope_reader', 'grafana']) {
      const [, block = ''] = new RegExp(`<${user}>(.*?)</${user}>`, 's').exec(users) ?? []
      const queries = [...block.matchAll(/<query>(.*?)<\/query>/g)].map(([, query = '']) => query)
      expect(queries.map((query) => query.replace('GRANT SELECT ON callscope.', '')).sort()).toEqual(
        readable('callscope_on_call'),
      )
    }
  })

  test('a tenant’s people read what those on call read of tenants, but through no view', () => {
    const onCall = readable('callscope_on_call')
    expect(readable('callscope_tenant_reader')).toEqual(
      onCall.filter((name) => tables.includes(name) && tenantColumns.has(name)),
    )
    expect(onCall).not.toContain('cdr_billing')
  })

  test('every reader is read-only, bounded in time, and has a quota', () => {
    const profile = statements.find((sql) => sql.includes('PROFILE IF NOT EXISTS callscope_reading'))
    expect(profile).toMatch(/readonly = 1\b/)
    expect(profile).toMatch(/max_execution_time = \d+ MIN 1 MAX \d+/)
    const roles = [...new Set(grants.map(({ role }) => role))]
    const quota = statements.find((sql) => sql.startsWith('CREATE QUOTA')) ?? ''
    for (const role of roles) {
      expect(statements).toContain(`CREATE ROLE IF NOT EXISTS ${role} SETTINGS PROFILE 'callscope_reading'`)
      expect(quota).toContain(role)
    }
  })
})

describe('whose rows', () => {
  const policies = new Map(
    statements.flatMap((sql) => {
      const found =
        /^CREATE ROW POLICY IF NOT EXISTS callscope_own_tenant ON (\w+)\s+AS RESTRICTIVE FOR SELECT USING (.+) TO callscope_tenant_reader$/.exec(
          sql,
        )
      return found === null ? [] : [[String(found[1]), String(found[2])] as const]
    }),
  )

  test('every table with a tenant narrows a tenant’s people to their own', () => {
    const withTenant = tables.filter((table) => tenantColumns.has(table))
    expect([...policies.keys()].sort()).toEqual(withTenant)
    for (const [table, using] of policies) {
      expect(using).toBe(`${tenantColumns.get(table)} = getSettingOrDefault('SQL_callscope_tenant', '')`)
    }
    expect(readable('callscope_tenant_reader').filter((table) => !policies.has(table))).toEqual([])
  })

  test('and everybody else is told to see all rows, so that it hangs on no setting of the server', () => {
    const all = statements.find((sql) => sql.includes('callscope_all')) ?? ''
    const named = /callscope_all ON ([\w, ]+)\s+AS PERMISSIVE FOR SELECT USING 1 TO ALL$/.exec(all)?.[1]?.split(', ')
    expect(named?.sort()).toEqual([...policies.keys()].sort())
  })

  test('no tenant set means no row: there is no tenant without a name', async () => {
    await warehouse.client.command({
      query: `INSERT INTO call_keys VALUES ('acme', 'a', 'a', 0, 1)`,
    })
    const using = policies.get('call_keys')
    expect(await warehouse.rows(`SELECT count() FROM call_keys WHERE ${using}`)).toEqual([[0]])
  })

  test('no password stands in a file', () => {
    for (const sql of statements) expect(sql).not.toMatch(/\bBY\s+'/)
  })
})

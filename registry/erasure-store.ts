import type { Clock } from '#contracts/clock.ts'
import type { Erasure, ErasureStore } from '#contracts/privacy.ts'
import { asSystem, asTenant, type Database, type Row } from './database.ts'

const columns = 'sequence, tenant, kind, subjects, made_by, made_ms'

export function createErasureStore(database: Database, clock: Clock): ErasureStore {
  return {
    salt: () =>
      asSystem(database, async ({ query }) => {
        const [row] = await query('SELECT salt FROM callscope.erasure_salt')
        if (row === undefined) throw new Error('The registry has lost the key of its erasures; restore it from a copy.')
        return String(row.salt)
      }),
    add({ tenant, kind, subjects, madeBy }) {
      if (subjects.length === 0) throw new Error('An erasure needs a subject.')
      return asTenant(database, tenant, async ({ query }) => {
        await query(
          `INSERT INTO callscope.erasures (tenant, kind, subjects, made_by, made_ms)
           VALUES ($1, $2, $3::text[], $4, $5) ON CONFLICT DO NOTHING`,
          [tenant, kind, subjects, madeBy, clock()],
        )
        const [row] = await query(
          `SELECT ${columns} FROM callscope.erasures WHERE kind = $1 AND subjects = $2::text[]`,
          [kind, subjects],
        )
        if (row === undefined) throw new Error('The registry took an erasure and did not return it.')
        return erasureFrom(row)
      })
    },
    async list(tenant) {
      const text = `SELECT ${columns} FROM callscope.erasures ORDER BY sequence`
      const rows = await (tenant === undefined
        ? asSystem(database, ({ query }) => query(text))
        : asTenant(database, tenant, ({ query }) => query(text)))
      return rows.map(erasureFrom)
    },
  }
}

const erasureFrom = (row: Row): Erasure => ({
  sequence: Number(row.sequence),
  tenant: String(row.tenant),
  kind: row.kind === 'call' ? 'call' : 'party',
  subjects: (row.subjects as readonly unknown[]).map(String),
  madeBy: String(row.made_by),
  madeMs: Number(row.made_ms),
})

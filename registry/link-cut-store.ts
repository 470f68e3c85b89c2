import type { Clock } from '#contracts/clock.ts'
import type { LinkCut, LinkCutStore } from '#contracts/registry.ts'
import { asTenant, type Database, type Row } from './database.ts'

/** A pair always comes back with the smaller id as `a`, whichever way round it was given. */
export function createLinkCutStore(database: Database, clock: Clock): LinkCutStore {
  return {
    async add({ tenant, a, b, action, by }) {
      if (a === b) throw new Error(`A cut or join needs two different ids; got '${a}' twice.`)
      const [first, second] = inByteOrder(a, b)
      return asTenant(database, tenant, async ({ query }) => {
        const [row] = await query(
          `INSERT INTO callscope.link_cuts (tenant, a, b, action, made_by, made_ms) VALUES ($1, $2, $3, $4, $5, $6)
           RETURNING tenant, a, b, action, sequence`,
          [tenant, first, second, action, by, clock()],
        )
        if (row === undefined) throw new Error('The registry took a cut and did not return it.')
        return cutFrom(row)
      })
    },
    async naming(tenant, ids) {
      if (ids.length === 0) return []
      return asTenant(database, tenant, async ({ query }) => {
        const rows = await query(
          `SELECT tenant, a, b, action, sequence FROM callscope.link_cuts
           WHERE a = ANY($1::text[]) OR b = ANY($1::text[]) ORDER BY sequence`,
          [ids],
        )
        return rows.map(cutFrom)
      })
    },
  }
}

// As Postgres compares with COLLATE "C": by the bytes of UTF-8. JavaScript's `<` compares UTF-16 units.
const inByteOrder = (a: string, b: string): readonly [string, string] =>
  Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0 ? [a, b] : [b, a]

const cutFrom = (row: Row): LinkCut => ({
  tenant: String(row.tenant),
  a: String(row.a),
  b: String(row.b),
  action: row.action === 'cut' ? 'cut' : 'join',
  sequence: Number(row.sequence),
})

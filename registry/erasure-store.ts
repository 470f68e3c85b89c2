import type { Clock } from '#contracts/clock.ts'
import {
  type ErasedStore,
  type Erasure,
  type ErasureStep,
  type ErasureStore,
  erasedStores,
} from '#contracts/privacy.ts'
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
    note: (tenant, sequence, steps) =>
      asTenant(database, tenant, async ({ query }) => {
        for (const { store, state, count, goneByMs, detail } of steps)
          await query(
            `INSERT INTO callscope.erasure_steps VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (sequence, store) DO UPDATE SET state = excluded.state, count = excluded.count,
               gone_by_ms = excluded.gone_by_ms, detail = excluded.detail, at_ms = excluded.at_ms`,
            [sequence, tenant, store, state, count, goneByMs ?? null, detail, clock()],
          )
      }),
    async steps(tenant) {
      const rows = await asTenant(database, tenant, ({ query }) => query('SELECT * FROM callscope.erasure_steps'))
      const bySequence = Map.groupBy(rows, ({ sequence }) => Number(sequence))
      return new Map([...bySequence].map(([sequence, of]) => [sequence, of.map(stepFrom).sort(inOrder)]))
    },
  }
}

const stepFrom = (row: Row): ErasureStep => ({
  // Written by `note` alone: the column holds nothing else.
  store: row.store as ErasedStore,
  state: row.state as ErasureStep['state'],
  count: Number(row.count),
  goneByMs: row.gone_by_ms === null ? undefined : Number(row.gone_by_ms),
  detail: String(row.detail),
})

const inOrder = (one: ErasureStep, other: ErasureStep): number =>
  erasedStores.indexOf(one.store) - erasedStores.indexOf(other.store)

const erasureFrom = (row: Row): Erasure => ({
  sequence: Number(row.sequence),
  tenant: String(row.tenant),
  kind: row.kind === 'call' ? 'call' : 'party',
  subjects: (row.subjects as readonly unknown[]).map(String),
  madeBy: String(row.made_by),
  madeMs: Number(row.made_ms),
})

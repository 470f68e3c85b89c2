import type { AuditMarks } from '#contracts/audit.ts'
import type { Database } from './database.ts'

export function createAuditMarkStore(database: Database): AuditMarks {
  return {
    async read() {
      const rows = await database.query('SELECT sweep, mark FROM callscope.audit_marks')
      return new Map(rows.map(({ sweep, mark }) => [String(sweep), String(mark)]))
    },
    async write(sweep, mark) {
      await database.query(
        `INSERT INTO callscope.audit_marks VALUES ($1, $2) ON CONFLICT (sweep) DO UPDATE SET mark = excluded.mark`,
        [sweep, mark],
      )
    },
  }
}

import type { Run, RunStatus, RunStore } from '#contracts/registry.ts'
import type { Database, Row } from './database.ts'

// Processes on several machines beat and look: their clocks may differ by more than the silence that is looked for.
const nowMs = `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`

export function createRunStore({ query }: Database): RunStore {
  return {
    async start({ id, kind, subject, startedMs }) {
      const rows = await query(
        `INSERT INTO callscope.data_pipeline_runs (id, kind, subject, started_ms, alive_ms)
         VALUES ($1, $2, $3, $4, ${nowMs}) ON CONFLICT DO NOTHING RETURNING id`,
        [id, kind, subject, startedMs],
      )
      if (rows.length === 0) throw new Error(`Run '${id}' was started before. Each run needs an id of its own.`)
    },
    async beat(id) {
      await query(`UPDATE callscope.data_pipeline_runs SET alive_ms = ${nowMs} WHERE id = $1 AND status = 'running'`, [
        id,
      ])
    },
    async finish(id, { status, finishedMs, counts, error }) {
      const rows = await query(
        `UPDATE callscope.data_pipeline_runs SET status = $2, finished_ms = $3, counts = $4::jsonb, error = $5
         WHERE id = $1 RETURNING id`,
        [id, status, finishedMs ?? null, JSON.stringify(counts), error ?? null],
      )
      if (rows.length === 0) throw new Error(`Run '${id}' cannot finish: it was never started.`)
    },
    async running() {
      const rows = await query(
        `SELECT id, ${nowMs} - coalesce(alive_ms, started_ms) AS silent_ms
         FROM callscope.data_pipeline_runs WHERE status = 'running'`,
      )
      return rows.map((row) => ({ id: String(row.id), silentMs: Number(row.silent_ms) }))
    },
    async list(limit) {
      const rows = await query(
        'SELECT * FROM callscope.data_pipeline_runs ORDER BY started_ms DESC, id DESC LIMIT $1',
        [limit],
      )
      return rows.map(runFrom)
    },
  }
}

// Kind, status and counts are what `start` and `finish` wrote; the table's checks hold them to the closed sets.
const runFrom = (row: Row): Run => ({
  id: String(row.id),
  kind: row.kind as Run['kind'],
  status: row.status as RunStatus,
  startedMs: Number(row.started_ms),
  finishedMs: row.finished_ms === null ? undefined : Number(row.finished_ms),
  subject: String(row.subject),
  counts: row.counts as Run['counts'],
  error: row.error === null ? undefined : String(row.error),
})

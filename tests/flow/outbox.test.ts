import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { expect, test } from 'vitest'
import type { LogRecord } from '#contracts/event-log.ts'
import { defaultWindows } from '#contracts/pipeline.ts'
import { type CallEvent, callEvent } from '#contracts/signals/call-events.ts'
import { createReader, schemasByType } from '#pipelines/steps/cloud-event.ts'
import { root } from '#tests/source-files.ts'

interface OutboxRow {
  readonly position: number
  readonly event_id: string
  readonly topic: string
  readonly key: string
  readonly type: string
  readonly tenant: string
  readonly happened_at: Date
  readonly data: unknown
}

/** As the table of headers in the recipe says. */
const toRecord = (row: OutboxRow, logTimeMs: number): LogRecord => ({
  ...{ topic: row.topic, partition: 0, offset: 0, logTimeMs, key: row.key, value: JSON.stringify(row.data) },
  headers: {
    ...{ ce_specversion: '1.0', ce_id: row.event_id, ce_source: '/call-control', ce_type: row.type },
    ...{ ce_time: row.happened_at.toISOString(), ce_tenantid: row.tenant, ce_correlationid: row.key },
    'content-type': 'application/json',
  },
})

test('the recipe of an outbox runs as it is written, and what it sends is taken', async () => {
  const page = await readFile(join(root, 'docs/recipes/outbox.md'), 'utf8')
  const [table = '', write = '', take = '', remove = ''] = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].map(
    ([, sql]) => sql ?? '',
  )
  const database = await PGlite.create()
  await database.exec(table)
  await database.exec(write)
  await database.exec(write)
  const { rows } = await database.query<OutboxRow>(take)
  expect(rows.map(({ key, type }) => [key, type])).toEqual(Array.from({ length: 2 }, () => ['c-4711', 'call.answered']))
  expect(rows[0]?.event_id).not.toBe(rows[1]?.event_id)

  const read = createReader<CallEvent>({
    schemas: schemasByType<CallEvent>(callEvent.options),
    ...{ windows: defaultWindows, tenants: () => new Set(['acme', 'globex']) },
  })
  for (const row of rows) {
    expect(read(toRecord(row, Date.now()))).toMatchObject([
      { type: 'next', value: { tenant: 'acme', event: { id: row.event_id, correlationid: 'c-4711' } } },
    ])
  }
  await database.query(remove, [rows.map(({ position }) => position)])
  expect((await database.query(take)).rows).toEqual([])
  await database.close()
})

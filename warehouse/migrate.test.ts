import { expect, test } from 'vitest'
import { startWarehouse } from '#tests/warehouse.ts'
import { run } from './client.ts'
import { listMigrations, migrateWarehouse } from './migrate.ts'

test('the migration to samples by source goes there and back, and rows of before stay readable', async () => {
  const warehouse = await startWarehouse()
  const { client, rows } = warehouse
  const all = await listMigrations()
  expect(await migrateWarehouse(client, all)).toEqual([])
  const insert = (columns: string, values: string) =>
    run(
      client,
      `INSERT INTO quality_samples (minute, tenant, correlation_id, kind, direction, observer, interval_end, scope, interval_ms, expires_at, checksum${columns})
       SELECT now(), 't', 'c', 'audio', 'send', 'sbc', toStartOfMinute(now()), 'interval', 1000, now() + 1000000, 7${values}`,
    )
  await insert('', '')
  await insert(', source, key_scope', ", '/a', 1")
  await insert(', source, key_scope', ", '/b', 1")
  await run(client, 'OPTIMIZE TABLE quality_samples FINAL')
  expect(await rows('SELECT source FROM quality_samples FINAL ORDER BY source')).toEqual([[''], ['/a'], ['/b']])
  // The way back that the migration states, and there again.
  const key = 'minute, tenant, correlation_id, leg_id, kind, direction, stream_id, observer, interval_end, sequence'
  await run(client, 'DROP VIEW call_quality_metrics')
  await run(client, `ALTER TABLE quality_samples MODIFY ORDER BY (${key})`)
  await run(client, 'ALTER TABLE quality_samples DROP COLUMN source, DROP COLUMN key_scope')
  await run(
    client,
    `ALTER TABLE call_minutes MODIFY ORDER BY (tenant, correlation_id, leg_id, kind, direction, stream_id, observer, scope, minute)`,
  )
  await run(client, 'ALTER TABLE call_minutes DROP COLUMN source')
  await run(client, `ALTER TABLE schema_migrations DELETE WHERE name LIKE '0012%' SETTINGS mutations_sync = 2`)
  await insert('', '')
  expect(await rows('SELECT count() > 0 FROM quality_samples FINAL')).toEqual([[1]])
  expect(await migrateWarehouse(client, all)).toEqual(['0012_samples_by_source.sql'])
  await insert(', source, key_scope', ", '/a', 1")
  expect(await rows("SELECT count() FROM quality_samples FINAL WHERE source = '/a'")).toEqual([[1]])
  expect(await rows('SELECT count() > 0 FROM call_quality_metrics')).toEqual([[1]])
  await warehouse.stop()
})

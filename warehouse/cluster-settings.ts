import type { ClickHouseSettings } from '@clickhouse/client'

/**
 * What every statement of a cluster carries: an insert is acknowledged when most replicas have it, and a read sees what was
 * so acknowledged. Reads see it only with one quorum insert into a table at a time (insert_quorum_parallel 0), so workers
 * that write one table at once are told to try again (286).
 * Source: ClickHouse documentation, settings select_sequential_consistency and insert_quorum_parallel.
 */
export const clusterSettings = (requestTimeoutMs: number): ClickHouseSettings => ({
  insert_quorum: 'auto',
  insert_quorum_parallel: 0,
  // Milliseconds. Its own default is ten minutes, for which the connection would hang.
  insert_quorum_timeout: Math.floor(requestTimeoutMs / 2),
  select_sequential_consistency: '1',
})

/** Carried by statements that make or change tables on all hosts: returns when all have done so, or throws. */
export const clusterDdlSettings: ClickHouseSettings = {
  alter_sync: '2',
  distributed_ddl_output_mode: 'throw',
}

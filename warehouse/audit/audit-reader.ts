import type { ClickHouseClient } from '@clickhouse/client'
import type { AuditReader } from '#contracts/audit.ts'
import { createMinuteAudit } from './minute-audit.ts'
import { createRecordAudit } from './record-audit.ts'

/** Everything the auditor asks, on one connection. */
export const createAuditReader = (client: ClickHouseClient): AuditReader => ({
  ...createMinuteAudit(client),
  ...createRecordAudit(client),
})

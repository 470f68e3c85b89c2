import type { LogRecord } from '#contracts/event-log.ts'
import type { Parked } from '../batch.ts'
import { toldAs, whereOf } from '../decode-batch.ts'
import type { FullCut } from './cutter.ts'
import { type EncodeFile, filesOf } from './files.ts'
import type { TenantOf } from './tenants.ts'

/**
 * A cut without the messages that cannot be put into a file: that is a fault of ours, and the cut would meet it again after
 * every restart. Throws the fault where no message has it alone: then leaving some out would help nothing.
 */
export async function encodable(
  cut: FullCut,
  { tenantOf, encode, fault }: { readonly tenantOf: TenantOf; readonly encode: EncodeFile; readonly fault: unknown },
): Promise<{ readonly cut: FullCut; readonly parked: readonly Parked[] }> {
  const records: LogRecord[] = []
  const parked: Parked[] = []
  for (const record of cut.records) {
    try {
      for await (const _file of filesOf({ ...cut, records: [record] }, tenantOf, encode));
      records.push(record)
    } catch (error) {
      parked.push({ record, reason: 'internal_error', detail: toldAs(whereOf(error)) })
    }
  }
  if (parked.length === 0 || (records.length === 0 && parked.length > 1)) throw fault
  return { cut: { ...cut, records }, parked }
}

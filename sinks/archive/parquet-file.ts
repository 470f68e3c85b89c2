import type { SchemaElement } from 'hyparquet'

/** The columns of an archived message, in their order: exactly what the log held, so that it can be put there again. */
export const archiveSchema: SchemaElement[] = [
  { name: 'message', num_children: 8 },
  { name: 'topic', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'partition', type: 'INT32', repetition_type: 'REQUIRED' },
  { name: 'offset', type: 'INT64', repetition_type: 'REQUIRED' },
  { name: 'log_time_ms', type: 'INT64', repetition_type: 'REQUIRED' },
  { name: 'key', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  // A JSON object, written and read by ourselves: the library's own JSON drops some names.
  { name: 'headers', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'value', type: 'BYTE_ARRAY', repetition_type: 'REQUIRED' },
  { name: 'tenant', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
]

/** One row, as it is read back. */
export interface ArchivedRow {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly log_time_ms: bigint
  readonly key: string | null
  readonly headers: string
  readonly value: Uint8Array
  readonly tenant: string
}

/**
 * The first thing wrong with the record in hand. Reading goes on with harmless values, and the record is refused at
 * its end, so that no reader needs an exception. `detail` names field and fix and never quotes a value.
 */
export interface RecordFault {
  detail: string | undefined
}

export const noFault = (): RecordFault => ({ detail: undefined })

export function note(fault: RecordFault, field: string, fix: string): void {
  fault.detail ??= `${field}: ${fix}`
}

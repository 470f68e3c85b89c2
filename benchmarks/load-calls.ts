import type { Load, LoadMessage } from '#simulator/index.ts'

/** A call of a load as its own start and answer name it: what seeding by SQL and probes need. */
export interface LoadCall {
  readonly tenant: string
  readonly id: string
  readonly callId: string
  readonly leg: string
  readonly codec: string
  readonly startedMs: number
}

interface StartEvent {
  readonly tenantid: string
  readonly correlationid: string
  readonly data: { readonly call_id: string; readonly codec?: string }
}

/** The calls of a load, in its own order. */
export function callsOf(load: Load): readonly LoadCall[] {
  const calls: LoadCall[] = []
  let started: LoadMessage | undefined
  // Each call starts and is answered, in turn.
  for (const message of load.starts()) {
    if (started === undefined) {
      started = message
      continue
    }
    const { tenantid: tenant, correlationid: id, data } = JSON.parse(message.value) as StartEvent
    const callId = data.call_id
    calls.push({ tenant, id, callId, leg: `${callId}-leg-a`, codec: data.codec ?? '', startedMs: started.atMs })
    started = undefined
  }
  return calls
}

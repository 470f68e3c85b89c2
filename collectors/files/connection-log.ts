import type { LogLine } from '#contracts/signals/otlp.ts'

/** OTLP severity numbers. A failed connection is an error, a lost one that may come back a warning. */
const severities = { INFO: 9, WARN: 13, ERROR: 17 } as const
type Severity = keyof typeof severities

const severityOf: ReadonlyMap<string, Severity> = new Map([
  ['failed', 'ERROR'],
  ['disconnected', 'WARN'],
])

export interface LogSource {
  readonly correlationId: string
  readonly legId: string
  readonly key: string
}

interface LogText {
  readonly atMs: number
  readonly severity: Severity
  readonly body: string
  readonly attributes: Readonly<Record<string, string | boolean>>
}

/**
 * The call's events have no word for a PeerConnection's states, but a failed one is what a call page must show: they become
 * log lines of the browser, and those at warning or above are evidence of the call.
 */
export function createConnectionLog(source: LogSource) {
  const resource = { 'service.name': 'browser', 'rtcstats.dump': source.key }
  return {
    state: (at: {
      readonly pc: string
      readonly atMs: number
      readonly layer: string
      readonly state: string
    }): LogLine =>
      line({
        atMs: at.atMs,
        severity: severityOf.get(at.state) ?? 'INFO',
        body: `peer connection ${at.layer === 'ice' ? 'ICE ' : ''}${at.state}`,
        attributes: { peer_connection: at.pc, layer: at.layer, state: at.state },
      }),
    failed: (at: {
      readonly pc: string | undefined
      readonly atMs: number
      readonly call: string
      readonly error: string
    }): LogLine =>
      line({
        atMs: at.atMs,
        severity: 'WARN',
        body: `${at.call.replace(/OnFailure$/, '')} failed${at.error === '' ? '' : `: ${at.error}`}`,
        attributes: { peer_connection: at.pc ?? '', call: at.call, error: at.error },
      }),
  }

  function line({ atMs, severity, body, attributes }: LogText): LogLine {
    return {
      timeUnixNano: `${BigInt(atMs) * 1_000_000n}`,
      severityNumber: severities[severity],
      severityText: severity,
      traceId: '',
      spanId: '',
      serviceName: 'browser',
      body,
      resource,
      scopeName: 'rtcstats',
      attributes: { correlation_id: source.correlationId, leg_id: source.legId, ...attributes },
    }
  }
}

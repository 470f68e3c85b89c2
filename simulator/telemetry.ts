import type { TelemetryEmission } from './emission.ts'
import { attributes, unixNano } from './otlp.ts'
import { type CallDraft, mainId } from './plan.ts'
import { hex } from './random.ts'
import { type ServiceName, services } from './world.ts'

/** What the platform's services log and trace about one call, in order of time. */
export function telemetryOf(draft: CallDraft): readonly TelemetryEmission[] {
  if (!draft.telemetry) return []
  const teller = createTeller(draft)
  const spans = [...setupSpans(draft), ...mediaSpans(draft)]
  const emissions = [
    ...spans.map((span) => teller.span(span)),
    ...lines(draft).map((line) => teller.log(line)),
    ...draft.warnings.map((warning) => teller.log({ ...warning, severity: 'WARN' })),
    ...draft.failures.flatMap((failure) => {
      const { atMs, service, span, message } = failure
      return [
        teller.span({ service, name: span, fromMs: atMs - 30, toMs: atMs, failed: message }),
        teller.log({ atMs, service, message, severity: 'ERROR', onlyTraceId: true }),
      ]
    }),
  ]
  return emissions.sort((a, b) => a.atMs - b.atMs)
}

interface Line {
  readonly atMs: number
  readonly service: ServiceName
  readonly message: string
  readonly severity?: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR'
  /** Many services log the trace id and nothing else that names the call. */
  readonly onlyTraceId?: boolean
}

interface SpanLine {
  readonly service: ServiceName
  readonly name: string
  readonly fromMs: number
  readonly toMs: number
  readonly failed?: string
}

const severityNumbers = { DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17 } as const
const spanKindServer = 2
const statusError = 2

/** OTLP records of one call. Numbered nanoseconds make each of them a record of its own. */
function createTeller(draft: CallDraft) {
  const random = draft.random.fork('telemetry')
  const { region, traceId, tenant, ids } = draft
  const common = { tenant_id: tenant.id, correlation_id: mainId(draft) }
  let count = 0

  function log({ atMs, service, message, severity = 'INFO', onlyTraceId = false }: Line): TelemetryEmission {
    count++
    const named = onlyTraceId ? { tenant_id: tenant.id } : { ...common, call_id: ids.callId }
    const record = {
      timeUnixNano: unixNano(atMs, count),
      observedTimeUnixNano: unixNano(atMs + 3, count),
      severityNumber: severityNumbers[severity],
      severityText: severity,
      body: { stringValue: message },
      attributes: attributes({ ...named, 'log.sequence': count }),
      traceId,
      spanId: `2${hex(random, 15)}`,
    }
    return { kind: 'log', atMs, service, region, record }
  }

  function span({ service, name, fromMs, toMs, failed }: SpanLine): TelemetryEmission {
    count++
    const record = {
      traceId,
      spanId: `3${hex(random, 15)}`,
      name,
      kind: spanKindServer,
      startTimeUnixNano: unixNano(fromMs, count),
      endTimeUnixNano: unixNano(toMs, count),
      attributes: attributes(common),
      status: failed === undefined ? {} : { code: statusError, message: failed },
    }
    return { kind: 'span', atMs: toMs, service, region, record }
  }

  return { log, span }
}

/** Gateway, authorisation, policy, call control and routing: the chain that sets a call up. Well under 100 ms each. */
function setupSpans({ times: { startMs }, random }: CallDraft): readonly SpanLine[] {
  const took = random.int(20, 60)
  return [
    { service: services.pdp, name: 'EvaluatePolicy', fromMs: startMs - 14, toMs: startMs - 10 },
    { service: services.iam, name: 'Authorize', fromMs: startMs - 16, toMs: startMs - 8 },
    { service: services.routingEngine, name: 'SelectRoute', fromMs: startMs + 2, toMs: startMs + took - 5 },
    { service: services.callControl, name: 'SetupCall', fromMs: startMs - 6, toMs: startMs + took },
    { service: services.apiGateway, name: 'POST /v1/calls', fromMs: startMs - 20, toMs: startMs + took + 4 },
  ]
}

function mediaSpans({ times: { answerMs, endMs }, recordingKey }: CallDraft): readonly SpanLine[] {
  const release = { service: services.callControl, name: 'ReleaseCall', fromMs: endMs, toMs: endMs + 18 }
  if (answerMs === undefined) return [release]
  const allocate = { service: services.mediaRecording, name: 'AllocateMedia', fromMs: answerMs - 12, toMs: answerMs }
  const upload = { service: services.mediaRecording, name: 'StoreRecording', fromMs: endMs + 5, toMs: endMs + 60 }
  return recordingKey === undefined ? [allocate, release] : [allocate, release, upload]
}

function lines(draft: CallDraft): readonly Line[] {
  const { startMs, answerMs, endMs } = draft.times
  const failedRoutes = draft.events.filter(({ type }) => type === 'call.route_failed')
  const answered: Line[] =
    answerMs === undefined
      ? []
      : [
          { atMs: answerMs + 4, service: services.callControl, message: 'call answered' },
          {
            atMs: answerMs + 9,
            service: services.mediaRecording,
            message: 'media session allocated',
            onlyTraceId: true,
          },
          { atMs: answerMs + 30, service: services.webSocket, message: 'call state pushed', severity: 'DEBUG' },
        ]
  return [
    { atMs: startMs - 11, service: services.pdp, message: 'decision allow', onlyTraceId: true },
    { atMs: startMs + 1, service: services.callControl, message: 'call set up' },
    { atMs: startMs + 40, service: services.routingEngine, message: 'route selected', onlyTraceId: true },
    { atMs: startMs + 66, service: services.apiGateway, message: 'POST /v1/calls 201' },
    ...failedRoutes.map(({ atMs }): Line => {
      return {
        atMs,
        service: services.routingEngine,
        message: 'route attempt failed, trying the next',
        severity: 'WARN',
      }
    }),
    ...answered,
    { atMs: endMs + 2, service: services.callControl, message: 'call released' },
  ]
}

/** Log lines at warning or above, and failed spans. */
export const evidenceCount = (emissions: readonly TelemetryEmission[]): number => emissions.filter(isEvidence).length

function isEvidence({ kind, record }: TelemetryEmission): boolean {
  if (kind === 'log') return typeof record.severityNumber === 'number' && record.severityNumber >= severityNumbers.WARN
  const { status } = record
  return typeof status === 'object' && status !== null && 'code' in status && status.code === statusError
}

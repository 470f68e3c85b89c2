import { hostname } from 'node:os'
import type { BatchTrace, TraceBatch, TraceRecompute } from '#contracts/batch-trace.ts'
import type { TraceStatement } from '#contracts/statement-trace.ts'
import { version } from '../version.ts'
import type { TelemetryConfig } from './config.ts'
import { tracesOf } from './span-links.ts'

/** A request at the edge: never its address, which names calls. */
export interface RequestSpan {
  within<T>(run: () => T): T
  end(status: number): void
}

/** Our own traces. Each part may be asked whether anybody looks at traces or not. */
export interface Tracing {
  /** Undefined: nobody does, and nothing of OpenTelemetry was loaded. */
  readonly batch?: TraceBatch
  readonly recompute?: TraceRecompute
  readonly statement?: TraceStatement
  /** Begins a request to a route, by its template. */
  readonly request?: (method: string, route: string) => RequestSpan
  /** Ids of the span that the caller runs in, for its log lines. */
  activeIds(): { readonly trace_id?: string; readonly span_id?: string }
  /** Spans lost since this was asked last. */
  takeDropped(): number
  /** Sends what waits, for three seconds at most. */
  close(): Promise<void>
}

export const untracedProcess: Tracing = {
  activeIds: () => ({}),
  takeDropped: () => 0,
  close: async () => undefined,
}

/** Which process this is, among those of an install. */
export const instanceId = `${hostname()}:${process.pid}`

/** A receiver that takes longer is not waited for: the spans of meanwhile have to go somewhere. */
const exportTimeoutMs = 5_000

/** Starts tracing where the configuration says where traces go. */
export async function openTracing(config: TelemetryConfig): Promise<Tracing> {
  const { tracesUrl, tracesShare, serviceName, tenantId } = config
  if (tracesUrl === undefined) return untracedProcess
  const [{ NodeSDK }, { OTLPTraceExporter }, { createSpanQueue }, api] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('./span-queue.ts'),
    import('@opentelemetry/api'),
  ])
  const queue = createSpanQueue({
    exporter: new OTLPTraceExporter({
      url: tracesUrl,
      timeoutMillis: exportTimeoutMs,
      headers: { 'x-scope-orgid': tenantId },
    }),
  })
  const attributes = { 'service.version': version, 'service.instance.id': instanceId }
  const sdk = new NodeSDK({
    serviceName,
    resourceDetectors: [{ detect: () => ({ attributes }) }],
    sampler: samplerOf(api, tracesShare),
    spanProcessors: [queue],
    spanLimits: { attributeValueLengthLimit: 200 },
    // Spans alone, and nothing that patches libraries.
    ...{ metricReaders: [], logRecordProcessors: [], instrumentations: [], textMapPropagator: null },
  })
  sdk.start()
  return {
    ...spansOf(api),
    takeDropped: queue.takeDropped,
    async close() {
      await sdk.shutdown()
      // For whoever opens it again in one process.
      api.trace.disable()
      api.context.disable()
    },
  }
}

type Api = typeof import('@opentelemetry/api')

/** A share of the traces, whole: a span goes with the one that it is in. */
function samplerOf({ trace }: Api, share: number) {
  const [no, yes] = [0, 2] as const
  return {
    shouldSample(context: Parameters<typeof trace.getSpanContext>[0], traceId: string) {
      const parent = trace.getSpanContext(context)
      const chosen =
        parent === undefined ? Number.parseInt(traceId.slice(0, 8), 16) / 0x1_0000_0000 < share : parent.traceFlags & 1
      return { decision: chosen ? yes : no }
    },
    toString: () => `share of traces: ${share}`,
  }
}

interface Spans {
  readonly api: Api
  readonly tracer: ReturnType<Api['trace']['getTracer']>
}

function spansOf(api: Api): Omit<Tracing, 'takeDropped' | 'close'> {
  const { context, trace } = api
  const spans = { api, tracer: trace.getTracer('callscope', version) }
  return {
    batch: batchesOf(spans),
    recompute: recomputesOf(spans),
    statement: statementsOf(spans),
    request: requestsOf(spans),
    activeIds() {
      const active = trace.getSpanContext(context.active())
      return active === undefined ? {} : { trace_id: active.traceId, span_id: active.spanId }
    },
  }
}

type Span = ReturnType<Spans['tracer']['startSpan']>

/** Runs what belongs to a span, and ends it. Texts of errors stay out of it: they may quote what was sent. */
async function within<T>({ context, trace, SpanStatusCode }: Api, span: Span, run: () => Promise<T>): Promise<T> {
  try {
    return await context.with(trace.setSpan(context.active(), span), run)
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR })
    throw error
  } finally {
    span.end()
  }
}

const batchesOf =
  ({ api, tracer }: Spans): TraceBatch =>
  (pipeline, polled, pollMs): BatchTrace => {
    const { context, trace, SpanKind } = api
    const startTime = Date.now() - pollMs
    const attributes = { 'callscope.pipeline': pipeline, 'messaging.batch.message_count': polled.records.length }
    const span = tracer.startSpan(`${pipeline} batch`, { kind: SpanKind.CONSUMER, startTime, attributes })
    const ofBatch = trace.setSpan(context.active(), span)
    if (span.isRecording()) {
      for (const ref of tracesOf(polled.records)) span.addLink({ context: { ...ref, isRemote: true } })
      tracer.startSpan('poll', { startTime }, ofBatch).end()
    }
    return {
      stage: (name, run) => within(api, tracer.startSpan(name, {}, ofBatch), run),
      end({ rows, parked }) {
        span.setAttributes({ 'callscope.rows': rows, 'callscope.parked': parked })
        span.end()
      },
    }
  }

const recomputesOf =
  ({ api, tracer }: Spans): TraceRecompute =>
  (calls, run) => {
    const attributes = { 'callscope.pipeline': 'summaries', 'callscope.calls': calls }
    return within(api, tracer.startSpan('summaries recompute', { attributes }), run)
  }

const statementsOf =
  ({ api: { context, trace, SpanKind, SpanStatusCode }, tracer }: Spans): TraceStatement =>
  ({ kind, table }) => {
    // Housekeeping asks every few seconds: only what belongs to a batch or a request is worth a span.
    if (trace.getActiveSpan() === undefined) return undefined
    const ofTable = table === undefined ? {} : { 'db.collection.name': table }
    const span = tracer.startSpan(table === undefined ? kind : `${kind} ${table}`, {
      kind: SpanKind.CLIENT,
      attributes: { 'db.system.name': 'clickhouse', 'db.operation.name': kind, ...ofTable },
    })
    return {
      within: (run) => context.with(trace.setSpan(context.active(), span), run),
      end(outcome) {
        if (outcome === 'failed') span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      },
    }
  }

const requestsOf =
  ({ api: { context, trace, SpanKind, SpanStatusCode }, tracer }: Spans): NonNullable<Tracing['request']> =>
  (method, route) => {
    const attributes = { 'http.request.method': method, 'http.route': route }
    const span = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes })
    const ofRequest = trace.setSpan(context.active(), span)
    return {
      within: (run) => context.with(ofRequest, run),
      end(status) {
        span.setAttribute('http.response.status_code', status)
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      },
    }
  }

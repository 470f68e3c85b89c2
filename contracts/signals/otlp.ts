/** An OTLP attribute value, reduced to JSON. 64-bit integers that do not fit a double stay decimal strings. */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue }
export type Attributes = Readonly<Record<string, AttributeValue>>

/** One OTLP log record, flattened with its resource and scope. Times in nanoseconds since the epoch, as decimal strings. */
export interface LogLine {
  readonly timeUnixNano: string
  readonly severityNumber: number
  readonly severityText: string
  /** Lower-case hex, or '' where the producer gave none. */
  readonly traceId: string
  readonly spanId: string
  readonly serviceName: string
  readonly body: string
  readonly resource: Attributes
  readonly scopeName: string
  readonly attributes: Attributes
}

export interface SpanEvent {
  readonly timeUnixNano: string
  readonly name: string
  readonly attributes: Attributes
}

/** One OTLP span, flattened with its resource and scope. Ids are lower-case hex. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly traceState: string
  readonly name: string
  /** OTLP SpanKind 0..5. */
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  /** OTLP StatusCode: 0 unset, 1 ok, 2 error. */
  readonly statusCode: number
  readonly statusMessage: string
  readonly serviceName: string
  readonly resource: Attributes
  readonly scopeName: string
  readonly attributes: Attributes
  readonly events: readonly SpanEvent[]
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
}

/**
 * Attribute keys in which producers put the ids that join logs and spans to calls. The first that is present wins;
 * record attributes before resource attributes.
 */
export const correlationAttributes = ['correlation_id', 'correlation.id', 'callscope.correlation_id'] as const
export const tenantAttributes = ['tenant_id', 'tenant.id', 'tenantid'] as const
export const linkAttributes = {
  call_id: ['call_id', 'call.id'],
  session_id: ['session_id', 'session.id'],
  conf_session_id: ['conf_session_id'],
  sip_call_id: ['sip_call_id', 'sip.call_id'],
} as const

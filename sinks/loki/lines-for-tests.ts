import { rawColumns } from '#contracts/raw-tables.ts'
import type { Cell, TracedRow } from '#contracts/warehouse.ts'
import type { PushRequest, PushServer } from '#tests/push-server.ts'
import { lokiConfig } from './config.ts'

type Column = (typeof rawColumns.otel_logs)[number]

/** A row of `otel_logs` of tenant acme, service call-control, from partition 3. */
export function aLine(over: Partial<Readonly<Record<Column, Cell>>> = {}, partition = 3): TracedRow {
  const cells: Readonly<Record<Column, Cell>> = {
    Timestamp: '1772359205.000000001',
    TraceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    SpanId: '00f067aa0ba902b7',
    SeverityText: 'INFO',
    SeverityNumber: 9,
    ServiceName: 'call-control',
    Body: 'INVITE sent',
    ResourceAttributes: { 'service.name': 'call-control', 'host.name': 'cc-1' },
    ScopeName: 'sip',
    LogAttributes: { correlation_id: 'c-1', 'sip.method': 'INVITE' },
    Tenant: 'acme',
    CorrelationId: 'c-1',
    Hash: '0123456789abcdef0123456789abcdef',
    ExpiresAt: 1_780_000_000,
    ...over,
  }
  return {
    table: 'otel_logs',
    cells: rawColumns.otel_logs.map((column) => cells[column]),
    record: { topic: 'app-logs', partition, offset: 0, logTimeMs: 1, key: null, headers: {}, value: '' },
  }
}

/** So many lines a millisecond apart, each in a message of its own. */
export const manyLines = (count: number, over: Partial<Readonly<Record<Column, Cell>>> = {}): readonly TracedRow[] =>
  Array.from({ length: count }, (_, at) =>
    aLine({
      Timestamp: `1772359205.${String(at).padStart(6, '0')}000`,
      Body: `line ${at}`,
      Hash: String(at).padStart(32, '0'),
      ...over,
    }),
  )

export const aConfig = (url: string, over: object = {}) => ({ ...lokiConfig.parse({ url, ...over }), url })

interface Pushed {
  readonly org: string
  readonly stream: Readonly<Record<string, string>>
  readonly nanos: string
  readonly line: string
  readonly metadata: Readonly<Record<string, string>>
}

/** What a push brings, line by line. */
export function linesOf({ headers, body }: PushRequest): readonly Pushed[] {
  const { streams } = JSON.parse(body.toString()) as {
    streams: { stream: Record<string, string>; values: [string, string, Record<string, string>][] }[]
  }
  return streams.flatMap(({ stream, values }) =>
    values.map(([nanos, line, metadata]) => ({
      org: String(headers['x-scope-orgid']),
      ...{ stream, nanos, line, metadata },
    })),
  )
}

/** As Loki does: keeps what is good of a push, and says of the rest what the matter is, quoting stream and tenant. */
export function lokiLike(isGuilty: (line: string) => boolean) {
  const kept = new Set<string>()
  return {
    kept,
    answer: ((request) => {
      const lines = linesOf(request)
      const bad = lines.filter(({ line }) => isGuilty(line))
      for (const line of lines) if (!isGuilty(line.line)) kept.add(JSON.stringify(line))
      const [first] = bad
      if (first === undefined) return { status: 204 }
      const words = `max entry size '262144' bytes exceeded for stream '${JSON.stringify(first.stream)}' GUILTY`
      return { status: 400, body: `${bad.length} errors like: ${words}` }
    }) satisfies PushServer['answer'],
  }
}

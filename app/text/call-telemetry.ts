import type { UnavailableReason } from '#contracts/call-telemetry.ts'
import type { WholeCall } from '#contracts/warehouse.ts'
import type { Colours } from './colours.ts'
import { milliseconds, timeOfDay } from './format.ts'
import { table } from './table.ts'

const maxRows = 50

const msOf = (nanos: string): number => Number(BigInt(nanos) / 1_000_000n)

const unavailableText: Readonly<Record<UnavailableReason, string>> = {
  unreachable: 'could not be read: their store cannot be reached',
  timeout: 'could not be read: their store did not answer in time',
  refused: 'could not be read: their store refused our credential',
  failed: 'could not be read: their store failed',
  not_configured: 'are not shown: tempo.queryUrl says where to ask for them',
}

/** That none are shown must not read as if there were none. */
const noteOf = (state: 'ok' | 'unavailable', why: UnavailableReason = 'failed', colours: Colours): string =>
  state === 'ok' ? '' : colours.warn(unavailableText[why])

export function storyOfLogs({ logs, telemetry }: WholeCall, colours: Colours): string {
  const note = noteOf(telemetry.logs, telemetry.logsWhy, colours)
  return [note, tableOfLogs(logs, colours)].filter((part) => part !== '').join('\n')
}

export function storyOfSpans({ spans, telemetry }: WholeCall, colours: Colours): string {
  const note = noteOf(telemetry.spans, telemetry.spansWhy, colours)
  return [note, tableOfSpans(spans, colours)].filter((part) => part !== '').join('\n')
}

function tableOfLogs(logs: WholeCall['logs'], colours: Colours): string {
  if (logs.length === 0) return ''
  const shown = table(
    logs.slice(0, maxRows),
    [
      { title: 'AT', cell: ({ timeUnixNano }) => timeOfDay(msOf(timeUnixNano)) },
      {
        title: 'SEVERITY',
        cell: ({ severityText, severityNumber }) => severityText || severityNumber,
        paint: (text) => paintSeverity(text, colours),
      },
      { title: 'SERVICE', cell: ({ serviceName }) => serviceName, max: 24 },
      { title: 'MESSAGE', cell: ({ body }) => body, max: 110 },
    ],
    colours,
  )
  return `${shown}${moreOf(logs.length)}`
}

function paintSeverity(text: string, colours: Colours): string {
  if (/err|fatal/i.test(text)) return colours.bad(text)
  return /warn/i.test(text) ? colours.warn(text) : text
}

type Spans = WholeCall['spans']

/** Spans below the span that called them. */
function tableOfSpans(spans: Spans, colours: Colours): string {
  if (spans.length === 0) return ''
  const shown = table(
    nested(spans).slice(0, maxRows),
    [
      { title: 'AT', cell: ({ span }) => timeOfDay(msOf(span.startTimeUnixNano)) },
      {
        title: 'TOOK',
        cell: ({ span }) => milliseconds(Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6),
        right: true,
      },
      {
        title: 'STATUS',
        cell: ({ span }) => (span.statusCode === 2 ? 'error' : 'ok'),
        paint: (text) => (text.startsWith('error') ? colours.bad(text) : text),
      },
      { title: 'SERVICE', cell: ({ span }) => span.serviceName, max: 24 },
      { title: 'SPAN', cell: ({ span, depth }) => `${'  '.repeat(Math.min(depth, 8))}${span.name}`, max: 60 },
      { title: 'MESSAGE', cell: ({ span }) => span.statusMessage || undefined, max: 60 },
    ],
    colours,
  )
  return `${shown}${moreOf(spans.length)}`
}

/** Depth first, children in order of time. A span whose parent is not here, or that is its own ancestor, stands at the top. */
function nested(spans: Spans): { span: Spans[number]; depth: number }[] {
  const known = new Set(spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`))
  const children = Map.groupBy(spans, ({ traceId, parentSpanId }) =>
    known.has(`${traceId} ${parentSpanId}`) ? `${traceId} ${parentSpanId}` : '',
  )
  const seen = new Set<Spans[number]>()
  const rows: { span: Spans[number]; depth: number }[] = []
  const visit = (span: Spans[number], depth: number): void => {
    if (seen.has(span) || depth > 100) return
    seen.add(span)
    rows.push({ span, depth })
    for (const child of children.get(`${span.traceId} ${span.spanId}`) ?? []) visit(child, depth + 1)
  }
  for (const root of children.get('') ?? []) visit(root, 0)
  for (const span of spans) visit(span, 0)
  return rows
}

const moreOf = (total: number): string =>
  total > maxRows ? `\n… and ${total - maxRows} more (--json has them all)` : ''

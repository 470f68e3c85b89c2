import type { Attributes, LogLine } from '../signals/otlp.ts'
import { fullBudget, readAttributes, readValue } from './attributes.ts'
import { noFault, note, type RecordFault } from './record-fault.ts'
import type { ResourceParts } from './resources.ts'
import { cutText, isTree, readEnum, readId, readNanos, readText, type Tree } from './scalars.ts'

/** OTLP SeverityNumber: TRACE 1, DEBUG 5, INFO 9, WARN 13, ERROR 17, FATAL 21, each with three finer steps. */
const severityNames: ReadonlyMap<string, number> = new Map(
  ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name, group) =>
    ['', '2', '3', '4'].map((step, finer): [string, number] => [
      `SEVERITY_NUMBER_${name}${step}`,
      group * 4 + finer + 1,
    ]),
  ),
)
const lastSeverity = 24

/** One LogRecord with its resource and scope, or what is wrong with it. */
export function readLogRecord(value: unknown, parts: ResourceParts): LogLine | RecordFault {
  const fault = noFault()
  if (!isTree(value)) return { detail: 'logRecords: each must be an object' }
  const budget = fullBudget()
  const line: LogLine = {
    timeUnixNano: readTime(value, fault),
    severityNumber: readEnum(value.severityNumber ?? value.severity_number, severityNames, lastSeverity),
    severityText: readText(value.severityText ?? value.severity_text, 'severityText', fault),
    traceId: readId(value.traceId ?? value.trace_id, { field: 'traceId', digits: 32 }, fault),
    spanId: readId(value.spanId ?? value.span_id, { field: 'spanId', digits: 16 }, fault),
    serviceName: parts.serviceName,
    body: readBody(value.body, fault),
    resource: parts.resource,
    scopeName: parts.scopeName,
    attributes: readAttributes(value.attributes, { field: 'attributes', fault, budget }),
  }
  return fault.detail === undefined ? line : fault
}

/** When it happened; where the producer does not know, when the collector saw it (logs.proto, time_unix_nano). */
function readTime(record: Tree, fault: RecordFault): string {
  const time = readNanos(record.timeUnixNano ?? record.time_unix_nano, 'timeUnixNano', fault)
  if (time !== '0') return time
  const observed = readNanos(
    record.observedTimeUnixNano ?? record.observed_time_unix_nano,
    'observedTimeUnixNano',
    fault,
  )
  if (observed === '0') note(fault, 'timeUnixNano', 'is missing: send it, or observedTimeUnixNano')
  return observed
}

function readBody(value: unknown, fault: RecordFault): string {
  const body = readValue(value, { field: 'body', fault, budget: fullBudget() })
  if (typeof body === 'string') return body
  return body === null ? '' : cutText(JSON.stringify(body as Attributes))
}

import { rawColumns } from '#contracts/raw-tables.ts'
import type { TracedRow } from '#contracts/warehouse.ts'
import type { CutReason } from '../shared/observer.ts'
import { attributePrefix, labelNames, type MetadataNames, ownNames } from './names.ts'
import type { ServiceName } from './services.ts'
import { severityOf } from './severity.ts'

const at = Object.fromEntries(rawColumns.otel_logs.map((column, index) => [column, index])) as Readonly<
  Record<(typeof rawColumns.otel_logs)[number], number>
>

/** Loki's limits (limits_config), less what it adds by itself and the marks of what was cut. */
const maxLineBytes = 262_144 - 100
const maxMetadataBytes = 65_536 - 512
const maxMetadataEntries = 128 - 4

/** Lanes of a stream: a reader that lags in one partition must not have its lines refused for the pace of the others. */
export const lanes = 16

/** A line as Loki takes it: a function of the record alone, but for the name of a service beyond the bound. */
export interface Entry {
  /** Nanoseconds, decimal. */
  readonly nanos: string
  /** Labels of its stream, as JSON. */
  readonly stream: string
  /** `["nanos","line",{metadata}]`. */
  readonly json: string
}

export interface EntryParts {
  readonly names: MetadataNames
  readonly serviceName: (tenant: string, service: string) => ServiceName
  /** The tenant stands in a label where one organisation holds all of them. */
  readonly tenantLabel: boolean
  readonly cut: (reason: CutReason) => void
}

type Texts = Readonly<Record<string, string>>

export const tenantOf = ({ cells }: TracedRow): string => cells[at.Tenant] as string

/** Epoch seconds and nanoseconds of the warehouse (`s.nnnnnnnnn`) as nanoseconds without leading zeros. */
export const nanosOf = (stored: string): string => stored.replace('.', '').replace(/^0+(?=\d)/, '')

export function entryOf({ cells, record }: TracedRow, parts: EntryParts): Entry {
  const tenant = cells[at.Tenant] as string
  const service = cells[at.ServiceName] as string
  const name = parts.serviceName(tenant, service)
  if (name.cut !== undefined) parts.cut(name.cut)
  const severity = severityOf(cells[at.SeverityNumber] as number, cells[at.SeverityText] as string)
  const labels = {
    [labelNames.service]: name.label,
    [labelNames.severity]: severity,
    [labelNames.lane]: String(record.partition % lanes),
    ...(parts.tenantLabel ? { [labelNames.tenant]: tenant } : {}),
  }
  const nanos = nanosOf(cells[at.Timestamp] as string)
  // Half a character in JSON would have the whole push refused.
  const line = cutLine((cells[at.Body] as string).toWellFormed(), parts)
  const metadata = metadataOf(cells, name.label === service ? '' : service, parts)
  return {
    nanos,
    stream: JSON.stringify(labels),
    json: `["${nanos}",${JSON.stringify(line)},${JSON.stringify(metadata)}]`,
  }
}

/** Never half a character, and a mark that says how much is missing. */
function cutLine(body: string, { cut }: EntryParts): string {
  // A UTF-16 unit makes at most three bytes, so that most lines need no counting.
  if (body.length * 3 <= maxLineBytes) return body
  const bytes = Buffer.byteLength(body)
  if (bytes <= maxLineBytes) return body
  cut('line')
  const kept = Buffer.from(body)
    .subarray(0, maxLineBytes)
    .toString()
    .replace(/\ufffd+$/, '')
  return `${kept}… [cut: ${bytes - Buffer.byteLength(kept)} of ${bytes} bytes left out]`
}

/** Ours first, then the record's attributes, then its resource's, until Loki's bounds. */
function metadataOf(cells: TracedRow['cells'], service: string, { names, cut }: EntryParts): Texts {
  const metadata: Record<string, string> = Object.create(null)
  let bytes = 0
  let entries = 0
  let leftOut = 0
  const put = (name: string, value: string): void => {
    if (value === '') return
    const free = unused(name, metadata)
    const size = free.length + Buffer.byteLength(value)
    if (entries >= maxMetadataEntries || bytes + size > maxMetadataBytes) {
      leftOut += 1
      return
    }
    bytes += size
    entries += 1
    metadata[free] = value.toWellFormed()
  }
  put(ownNames.hash, cells[at.Hash] as string)
  put(ownNames.correlationId, cells[at.CorrelationId] as string)
  put(ownNames.traceId, cells[at.TraceId] as string)
  put(ownNames.spanId, cells[at.SpanId] as string)
  const number = cells[at.SeverityNumber] as number
  put(ownNames.severityNumber, number === 0 ? '' : String(number))
  put(ownNames.severityText, cells[at.SeverityText] as string)
  put(ownNames.service, service)
  put(ownNames.scope, cells[at.ScopeName] as string)
  for (const [key, value] of Object.entries(cells[at.LogAttributes] as Texts)) putAttribute(key, value)
  for (const [key, value] of Object.entries(cells[at.ResourceAttributes] as Texts)) put(names.resource(key), value)
  if (leftOut > 0) {
    cut('metadata')
    metadata[ownNames.leftOut] = String(leftOut)
  }
  return metadata

  function putAttribute(key: string, value: string): void {
    const name = names.attribute(key)
    // The correlation id is mostly an attribute of this very name.
    if (name.startsWith(attributePrefix) && metadata[name.slice(attributePrefix.length)] === value) return
    put(name, value)
  }
}

/** Two keys may become one name (`a.b`, `a_b`): the later takes a number. */
function unused(name: string, metadata: Texts): string {
  if (!(name in metadata)) return name
  for (let n = 2; ; n++) if (!(`${name}_${n}` in metadata)) return `${name}_${n}`
}

import { z } from 'zod'
import type { LogLine } from '#contracts/signals/otlp.ts'
import { attributePrefix, labelNames, ownNames, resourcePrefix } from './names.ts'

/** A line as it was before it went to Loki, but for names of attributes, of which Loki keeps letters, digits and underscores. */
export interface FoundLine {
  readonly line: LogLine
  readonly hash: string | undefined
}

const texts = z.record(z.string(), z.string())
const answer = z.object({
  data: z.object({
    resultType: z.literal('streams'),
    result: z.array(
      z.object({
        stream: texts,
        values: z.array(z.tuple([z.string(), z.string()]).rest(z.object({ structuredMetadata: texts.optional() }))),
      }),
    ),
  }),
})

/** The lines of an answer of `query_range` (with categorised labels), or undefined where it is none. */
export function foundLines(body: Buffer): readonly FoundLine[] | undefined {
  const read = answer.safeParse(parsed(body))
  if (!read.success) return undefined
  return read.data.data.result.flatMap(({ stream, values }) =>
    values.map(([nanos, body, more]) => foundLine({ nanos, body, stream, metadata: more?.structuredMetadata ?? {} })),
  )
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    // JSON.parse throws only on what is no JSON.
    return undefined
  }
}

type Texts = Readonly<Record<string, string>>
const own: ReadonlySet<string> = new Set([...Object.values(ownNames), 'detected_level'])

interface RawLine {
  readonly nanos: string
  readonly body: string
  readonly stream: Texts
  readonly metadata: Texts
}

function foundLine({ nanos, body, stream, metadata }: RawLine): FoundLine {
  const resource: Record<string, string> = Object.create(null)
  const attributes: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(metadata)) {
    if (own.has(name)) continue
    if (name.startsWith(resourcePrefix)) resource[name.slice(resourcePrefix.length)] = value
    else if (name.startsWith(attributePrefix)) attributes[name.slice(attributePrefix.length)] = value
    else attributes[name] = value
  }
  const number = Number(metadata[ownNames.severityNumber] ?? 0)
  const line: LogLine = {
    timeUnixNano: nanos,
    severityNumber: Number.isInteger(number) ? number : 0,
    severityText: metadata[ownNames.severityText] ?? '',
    traceId: metadata[ownNames.traceId] ?? '',
    spanId: metadata[ownNames.spanId] ?? '',
    serviceName: metadata[ownNames.service] ?? stream[labelNames.service] ?? '',
    body,
    ...{ resource, attributes },
    scopeName: metadata[ownNames.scope] ?? '',
  }
  return { line, hash: metadata[ownNames.hash] }
}

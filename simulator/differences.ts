import type { CallRecord, StreamSummary } from '#contracts/call-record.ts'
import type { CallTruth, StreamTruth } from './truth.ts'

const dimensions = [
  'startedMs',
  'answeredMs',
  'endedMs',
  'endedBecause',
  'endedBy',
  'disposition',
  'conference',
  'direction',
  'carrier',
  'gateway',
  'route',
  'region',
  'codec',
  'mediaNode',
  'sipCode',
  'q850Cause',
] as const satisfies readonly (keyof CallTruth & keyof CallRecord)[]

const sums = ['packetsReceived', 'packetsLost', 'packetsDiscarded', 'measuredMs'] as const

/** In which way a stored record is not what the simulator planned; empty when it is. What the messages do not determine is not compared. */
export function differences(record: CallRecord | undefined, truth: CallTruth): readonly string[] {
  if (record === undefined) return ['no record']
  return [
    ...unequal('state', record.state, 'settled'),
    ...unequal('tenant', record.tenant, truth.tenant),
    ...unequal('members', record.correlationIds.join(' '), truth.correlationIds.join(' ')),
    ...unequal('trace ids', record.traceIds.join(' '), [...truth.traceIds].sort().join(' ')),
    ...dimensions.flatMap((name) => (truth[name] === undefined ? [] : unequal(name, record[name], truth[name]))),
    ...(truth.endedBecause === 'silence' ? unequal('endedMs', record.endedMs, truth.lastSeenMs) : []),
    ...unequal('events', record.eventCount, truth.distinct.callEvents),
    ...unequal('evidence', record.evidenceCount, truth.evidence),
    ...verdictDifferences(record, truth),
    ...streamDifferences(record, truth),
  ]
}

const unequal = (what: string, is: unknown, should: unknown): readonly string[] =>
  is === should ? [] : [`${what}: ${String(is)}, should be ${String(should)}`]

function verdictDifferences({ verdict }: CallRecord, truth: CallTruth): readonly string[] {
  const findings = new Set(verdict.findings.map(({ type }) => type))
  const measures = new Set(verdict.reasons.map(({ measure }) => measure))
  return [
    ...unequal('class', verdict.class, truth.class),
    ...unequal('unclassified', verdict.unclassified, truth.unclassified),
    ...truth.findings.filter((type) => !findings.has(type)).map((type) => `finding ${type} is missing`),
    ...truth.reasons.filter((measure) => !measures.has(measure)).map((measure) => `reason ${measure} is missing`),
    ...(truth.fault === undefined ? [] : unequal('fault', verdict.fault?.domain, truth.fault)),
  ]
}

function streamDifferences(record: CallRecord, truth: CallTruth): readonly string[] {
  const streams = record.streams.filter((stream) => !isReportBeside(stream, record))
  return [
    ...unequal('streams', streams.length, truth.streams.length),
    ...truth.streams.flatMap((stream) => {
      const name = `${stream.legId} ${stream.kind} ${stream.direction} seen by ${stream.observer}`
      const seen = streams.filter((candidate) => isSame(candidate, stream))
      const [only] = seen
      if (only === undefined || seen.length > 1) return [`${name}: ${seen.length} summaries, should be 1`]
      return sumDifferences(name, only, stream, truth)
    }),
  ]
}

/** A report on the whole call beside finer samples of its source: truth is of those. */
const isReportBeside = ({ key, observer, source, scope }: StreamSummary, { streams }: CallRecord): boolean =>
  scope === 'call' &&
  streams.some(
    (other) => other.key === key && other.observer === observer && other.source === source && other.scope !== 'call',
  )

const isSame = (summary: StreamSummary, { legId, kind, direction, observer }: StreamTruth): boolean =>
  summary.legId === legId && summary.kind === kind && summary.direction === direction && summary.observer === observer

function sumDifferences(
  name: string,
  is: StreamSummary,
  should: StreamTruth,
  { faults }: CallTruth,
): readonly string[] {
  return sums.flatMap((sum) => {
    if (is[sum] === should[sum] || (sum === 'measuredMs' && mayBeEarlyMedia(is, should, faults))) return []
    return [`${name}: ${sum} ${is[sum]}, should be ${should[sum]}`]
  })
}

/** A client whose clock is slow ends its first intervals before the answer, as it sees it: early media, which is not measured. */
const mayBeEarlyMedia = (is: StreamSummary, should: StreamTruth, faults: readonly string[]): boolean =>
  faults.includes('clock_skew') &&
  (should.observer === 'browser' || should.observer === 'phone') &&
  is.measuredMs < should.measuredMs

import type { CallRecord, LegSummary, StreamSummary } from '#contracts/call-record.ts'
import type { WholeCall } from '#contracts/warehouse.ts'
import { stateWord, unclassifiedText } from './call-state.ts'
import { storyOfLogs, storyOfSpans } from './call-telemetry.ts'
import { timelineOf } from './call-timeline.ts'
import type { Colours } from './colours.ts'
import { count, dateTime, duration, milliseconds, mosValue, percent, timeOfDay } from './format.ts'
import { type Column, printable, table } from './table.ts'

/** One call on one page, in the order in which somebody at 03:00 asks: what is it, how bad, whose side, what happened. */
export function callStory(whole: WholeCall, colours: Colours): string {
  const { record } = whole
  const sections: readonly (readonly [string, string])[] = [
    ['', headOf(whole, colours)],
    ['Verdict', verdictOf(record, colours)],
    ['Timeline', timelineOf(record, whole.activity)],
    ['Legs', record.legs.length === 0 ? '' : table(record.legs, legColumns, colours)],
    [
      'Streams, by who measured them (* counts for talk time)',
      record.streams.length === 0 ? '' : table(record.streams, streamColumns, colours),
    ],
    ['MOS', mosOf(record, colours)],
    ['Evidence', evidenceOf(record, colours)],
    ['Logs', storyOfLogs(whole, colours)],
    ['Spans', storyOfSpans(whole, colours)],
  ]
  return sections
    .filter(([, text]) => text !== '')
    .map(([title, text]) => (title === '' ? text : `${colours.bold(title)}\n${indented(text)}`))
    .join('\n\n')
}

const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ')

function headOf({ record, asOfMs, version }: WholeCall, colours: Colours): string {
  const { verdict } = record
  const parties =
    record.from === undefined && record.to === undefined ? undefined : `${record.from ?? '?'} -> ${record.to ?? '?'}`
  const facts: readonly (readonly [string, string | undefined])[] = [
    [
      'parties',
      [record.conference ? 'conference' : record.direction, parties].filter((part) => part !== undefined).join('  ') ||
        undefined,
    ],
    [
      'when',
      `${dateTime(record.startedMs)} UTC to ${dateTime(record.endedMs) ?? 'now'}${record.talkMs === undefined ? '' : `, talked ${duration(record.talkMs)}`}${record.setupMs === undefined ? '' : `, set up in ${duration(record.setupMs)}`}`,
    ],
    ['end', endOf(record)],
    [
      'path',
      namedList({
        carrier: record.carrier,
        gateway: record.gateway,
        route: record.route,
        region: record.region,
        codec: record.codec,
        'media node': record.mediaNode,
      }),
    ],
    ['ids', record.correlationIds.length > 1 ? record.correlationIds.join(', ') : undefined],
    ['traces', record.traceIds.length === 0 ? undefined : record.traceIds.slice(0, 4).join(', ')],
    [
      'billing',
      record.cdr === undefined
        ? undefined
        : namedList({ duration: seconds(record.cdr.durationSeconds), billed: seconds(record.cdr.billedSeconds) }),
    ],
    [
      'judged',
      `as of ${dateTime(asOfMs)} UTC, version ${version}, ${record.formulaVersion}, profile ${record.profileVersion}`,
    ],
  ]
  const lines = facts
    .filter(([, text]) => text !== undefined && text !== '')
    .map(([name, text]) => `${colours.dim(name.padEnd(8))}  ${printable(text ?? '')}`)
  return [
    `${colours.bold(`Call ${printable(record.id)}`)}  ${printable(record.tenant)}  ${colours.class(verdict.class)}  ${stateWord({ state: record.state, unclassified: verdict.unclassified })}`,
    ...lines,
  ].join('\n')
}

const seconds = (value: number | undefined): string | undefined => (value === undefined ? undefined : `${value} s`)
const namedList = (values: Readonly<Record<string, string | undefined>>): string | undefined =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ') || undefined

function endOf({ state, verdict, endedBecause, endedBy, sipCode, q850Cause, disposition }: CallRecord): string {
  const how = { event: 'ended', cdr: 'ended, by its call detail record', silence: 'fell silent' }
  const word = stateWord({ state, unclassified: verdict.unclassified })
  const ended = endedBecause === undefined ? `still ${word}` : how[endedBecause]
  // Whether an open call will be answered is not unknown, it is not decided.
  const known = state === 'open' && disposition === 'unknown' ? [] : [disposition.replaceAll('_', ' ')]
  return [
    ...known,
    ended,
    ...(endedBy === undefined ? [] : [`by the ${endedBy}`]),
    ...(sipCode === undefined ? [] : [`SIP ${sipCode}`]),
    ...(q850Cause === undefined ? [] : [`Q.850 cause ${q850Cause}`]),
  ].join(', ')
}

function verdictOf({ state, verdict }: CallRecord, colours: Colours): string {
  const { class: callClass, unclassified, reasons, findings, fault } = verdict
  const missing = unclassifiedText({ state, unclassified })
  const severity = (of: string, text: string): string =>
    of === 'poor' ? colours.bad(text) : of === 'degraded' ? colours.warn(text) : text
  return [
    `${colours.class(callClass)}${missing === undefined ? '' : `: ${missing}`}${state === 'settled' ? '' : ` (the call is ${stateWord({ state, unclassified })})`}`,
    ...reasons.map((reason) => `${severity(reason.severity, reason.severity.padEnd(8))}  ${printable(reason.text)}`),
    ...findings.map(
      (finding) =>
        `${severity(finding.severity, (finding.severity === 'none' ? 'noted' : finding.severity).padEnd(8))}  ${finding.type.replaceAll('_', ' ')}: ${printable(finding.text)}`,
    ),
    ...(fault === undefined
      ? []
      : [
          `fault     ${fault.domain.replaceAll('_', ' ')}, confidence ${Math.round(fault.confidence * 100)} %: ${printable(fault.because.join('; '))}`,
        ]),
  ].join('\n')
}

const legColumns: readonly Column<LegSummary>[] = [
  { title: 'LEG', cell: ({ legId }) => legId, max: 40 },
  { title: 'ROLE', cell: ({ role }) => role },
  { title: 'DEVICE', cell: ({ device }) => device },
  { title: 'ADDED', cell: ({ addedMs }) => (addedMs === undefined ? undefined : timeOfDay(addedMs)) },
  { title: 'ENDED', cell: ({ endedMs }) => (endedMs === undefined ? undefined : timeOfDay(endedMs)) },
]

const streamColumns: readonly Column<StreamSummary>[] = [
  { title: 'STREAM', cell: ({ label, kind }) => `${label}${kind === 'video' ? ' (video)' : ''}`, max: 40 },
  { title: 'OBSERVER', cell: ({ observer, chosen }) => `${observer}${chosen ? ' *' : ''}` },
  // Records of before it was kept have none.
  { title: 'SOURCE', cell: ({ source }) => source || undefined, max: 30 },
  { title: 'CLASS', cell: (stream) => stream.class, paint: (text, colours) => colours.class(text) },
  { title: 'MEASURED', cell: ({ measuredMs }) => duration(measuredMs), right: true },
  { title: 'LOSS', cell: ({ lossRatio }) => percent(lossRatio), right: true },
  { title: 'JITTER', cell: ({ jitterMs }) => milliseconds(jitterMs), right: true },
  { title: 'RTT', cell: ({ roundTripMs }) => milliseconds(roundTripMs), right: true },
  { title: 'CONCEALED', cell: ({ concealedRatio }) => percent(concealedRatio), right: true },
  { title: 'PACKETS', cell: ({ packetsReceived }) => count(packetsReceived), right: true },
  { title: 'POOR', cell: ({ poorMs }) => (poorMs === 0 ? undefined : duration(poorMs)), right: true },
  { title: 'CODEC', cell: ({ codecs }) => codecs.join(', ') || undefined, max: 20 },
]

function mosOf({ streams }: CallRecord, colours: Colours): string {
  const rows = streams.flatMap((stream) => stream.mos.map((mos) => ({ stream, mos })))
  if (rows.length === 0) return ''
  return table(
    rows,
    [
      { title: 'STREAM', cell: ({ stream }) => stream.label, max: 40 },
      { title: 'OBSERVER', cell: ({ stream }) => stream.observer },
      { title: 'NAME', cell: ({ mos }) => mos.name },
      { title: 'MEAN', cell: ({ mos }) => mosValue(mos.value), right: true },
      { title: 'MIN', cell: ({ mos }) => mosValue(mos.min), right: true },
      { title: 'MAX', cell: ({ mos }) => mosValue(mos.max), right: true },
      { title: 'OVER', cell: ({ mos }) => duration(mos.seconds * 1_000), right: true },
      {
        title: 'KIND',
        cell: ({ mos }) =>
          `${mos.kind}, ${mos.source}${mos.grounded ? '' : ', codec not grounded'}${mos.extrapolated ? ', extrapolated' : ''}`,
      },
      { title: 'CODEC ROW', cell: ({ mos }) => mos.codecRow || undefined },
    ],
    colours,
  )
}

function evidenceOf({ evidence }: CallRecord, colours: Colours): string {
  if (evidence.length === 0) return ''
  return table(
    evidence,
    [
      { title: 'AT', cell: ({ atMs }) => timeOfDay(atMs) },
      {
        title: 'WHAT',
        cell: ({ reason }) => reason.replaceAll('_', ' '),
        paint: (text) => (/error|failed/.test(text) ? colours.bad(text) : colours.warn(text)),
      },
      { title: 'SERVICE', cell: ({ service }) => service, max: 24 },
      { title: 'NAME', cell: ({ name }) => name || undefined, max: 32 },
      { title: 'DETAIL', cell: ({ detail }) => detail, max: 90 },
    ],
    colours,
  )
}

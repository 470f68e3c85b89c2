import type { CallEventRow, CallRecord, Finding } from '#contracts/call-record.ts'
import { duration, timeOfDay } from './format.ts'
import { printable } from './table.ts'

/** Data that says what an event meant; ids and names stand elsewhere on the page. */
const telling = [
  'sip_code',
  'q850_cause',
  'ended_by',
  'carrier',
  'gateway',
  'route',
  'codec',
  'queue',
  'wait_ms',
  'outcome',
  'attempt',
  'rule',
  'delay_ms',
  'device',
  'role',
  'status',
  'transfer',
  'error',
  'leg_id',
] as const

const maxLines = 200

/** Events, chat and presence, and findings in order of time, with the time since the call began. */
export function timelineOf({ startedMs, events, verdict }: CallRecord, activity: readonly CallEventRow[] = []): string {
  const moments = [
    ...[...events, ...activity].map((event) => ({ atMs: event.atMs, text: eventText(event) })),
    ...verdict.findings.flatMap(findingMoments),
  ]
  const ordered = moments.sort((a, b) => a.atMs - b.atMs)
  const lines = ordered
    .slice(0, maxLines)
    .map(
      ({ atMs, text }) => `${timeOfDay(atMs)}  ${`+${duration(Math.max(0, atMs - startedMs))}`.padStart(13)}  ${text}`,
    )
  return [
    ...lines,
    ...(ordered.length > maxLines ? [`… and ${ordered.length - maxLines} more (--json has them all)`] : []),
  ].join('\n')
}

function eventText({ type, data }: CallEventRow): string {
  const said = telling.flatMap((key) =>
    data[key] === undefined
      ? []
      : [`${key.replace(/_ms$/, '').replaceAll('_', ' ')} ${String(data[key])}${key.endsWith('_ms') ? ' ms' : ''}`],
  )
  return printable(`${type}${said.length === 0 ? '' : `  (${said.join(', ')})`}`)
}

function findingMoments({ fromMs, type, text }: Finding): { atMs: number; text: string }[] {
  return fromMs === undefined || fromMs === null
    ? []
    : [{ atMs: fromMs, text: printable(`! ${type.replaceAll('_', ' ')}: ${text}`) }]
}

import type { NewRecord } from '#contracts/event-log.ts'
import { eventBytesTaken, eventTooLarge, isLongerThan } from '#contracts/message-size.ts'
import { parseSafely } from '#contracts/parse.ts'
import { recordHeaders, type TimeWindows, windowsFor } from '#contracts/pipeline.ts'
import { auditSource } from '#contracts/signals/audit-events.ts'
import { type SignalName, signals, topicOfType } from '#contracts/signals/index.ts'
import { topicNames } from '#contracts/topics.ts'
import { type FieldProblem, fieldProblems } from './problem.ts'

export interface EventContext {
  readonly tenant: string
  readonly nowMs: number
  readonly windows: Pick<TimeWindows, 'maxAgeMs' | 'maxAheadMs' | 'byTenant'>
  /** False: the one event is no batch, and problems name no index. */
  readonly batch: boolean
}

export interface AcceptedEvents {
  readonly records: readonly NewRecord[]
  readonly problems: readonly FieldProblem[]
  /** Events that no log would keep, or no pipeline read. */
  readonly tooLarge: readonly FieldProblem[]
  /** Events that name another tenant than the credential does. */
  readonly foreign: readonly { readonly topic: string; readonly value: string; readonly problem: FieldProblem }[]
}

type Checked =
  | { readonly record: NewRecord }
  | { readonly problems: readonly FieldProblem[] }
  | { readonly tooLarge: FieldProblem }
  | AcceptedEvents['foreign'][number]

/** Validates events against the published schemas and turns the good ones into records of the log, as they were sent. */
export function acceptEvents(events: readonly unknown[], context: EventContext): AcceptedEvents {
  const records: NewRecord[] = []
  const problems: FieldProblem[] = []
  const tooLarge: FieldProblem[] = []
  const foreign: AcceptedEvents['foreign'][number][] = []
  for (const [index, event] of events.entries()) {
    const checked = check(event, context.batch ? { index } : {}, context)
    if ('record' in checked) records.push(checked.record)
    else if ('tooLarge' in checked) tooLarge.push(checked.tooLarge)
    else if ('topic' in checked) foreign.push(checked)
    else problems.push(...checked.problems)
  }
  return { records, problems, tooLarge, foreign }
}

function check(event: unknown, at: { index?: number }, { tenant, nowMs, windows }: EventContext): Checked {
  const type = typeof event === 'object' && event !== null ? (event as { type?: unknown }).type : undefined
  const topic = typeof type === 'string' ? topicOfType(type) : undefined
  const schema = topic === undefined ? undefined : schemaOfTopic.get(topic)
  if (topic === undefined || schema === undefined)
    return { problems: [{ ...at, field: 'type', fix: `must be a known event type, like ${examples}` }] }
  const parsed = parseSafely(schema, event)
  if (!parsed.success) return { problems: fieldProblems(parsed.error, at) }
  const { time, tenantid, source } = parsed.data
  if (topic === topicNames.auditEvents && source === auditSource)
    return { problems: [{ ...at, field: 'source', fix: "is callscope's own: name your own system" }] }
  const value = JSON.stringify(event)
  if (isLongerThan(eventBytesTaken, value)) return { tooLarge: { ...at, field: '(whole)', fix: eventTooLarge } }
  if (tenantid !== undefined && tenantid !== tenant) {
    return {
      topic,
      value,
      problem: {
        ...at,
        field: 'tenantid',
        fix: "names another tenant than the credential does: leave it out, or use that tenant's API key",
      },
    }
  }
  const problem = outsideWindow(Date.parse(time), nowMs, windowsFor(windows, tenant))
  if (problem !== undefined) return { problems: [{ ...at, field: 'time', fix: problem }] }
  return { record: { topic, key: keyOf(parsed.data), headers: { [recordHeaders.tenant]: tenant }, value } }
}

function outsideWindow(
  timeMs: number,
  nowMs: number,
  { maxAgeMs, maxAheadMs }: EventContext['windows'],
): string | undefined {
  if (timeMs < nowMs - maxAgeMs)
    return `is more than ${maxAgeMs / 86_400_000} days old: use "callscope import" for old data`
  if (timeMs > nowMs + maxAheadMs)
    return `is more than ${maxAheadMs / 60_000} minutes ahead of our clock: check the producer's clock`
  return undefined
}

type AnyEvent = { readonly correlationid?: string | undefined; readonly data: object }

/** Everything about one call on one partition; chat by conversation, presence by user, audit by actor. */
function keyOf({ correlationid, data }: AnyEvent): string | null {
  if ('conversation_id' in data) return data.conversation_id as string
  if ('user_id' in data) return data.user_id as string
  if ('actor_id' in data) return data.actor_id as string
  return correlationid ?? null
}

const schemaOfTopic: ReadonlyMap<string, (typeof signals)[SignalName]['schema']> = new Map(
  Object.values(signals).flatMap(({ topics, schema }) => topics.map((topic) => [topic, schema])),
)
const examples = '"call.started" or "quality.sample" (GET /api/schemas lists them)'

import type { CallDraft, EventDraft } from './plan.ts'

const source = '/cdr-service'
const iso = (ms: number): string => new Date(ms).toISOString()
/** Ten-thousandths of a currency unit for each begun minute. Whole numbers: money never passes through a float. */
const minutePrice = { inbound: 0, outbound: 125, internal: 0 } as const

/** Call detail record and, for answered calls, its rating: a few seconds after the end, from another service. */
export function cdrOf({ random, times, carrier, route, direction }: CallDraft): EventDraft[] {
  const { startMs, answerMs, endMs } = times
  const seconds = answerMs === undefined ? 0 : Math.round((endMs - answerMs) / 1_000)
  const detail = {
    started_at: iso(startMs),
    ended_at: iso(endMs),
    duration_seconds: seconds,
    disposition: answerMs === undefined ? 'no_answer' : 'answered',
    ...(answerMs !== undefined && { answered_at: iso(answerMs) }),
    ...(carrier !== undefined && { carrier, route }),
  }
  const recordedMs = endMs + random.int(1_500, 6_000)
  const recorded: EventDraft = { type: 'cdr.recorded', atMs: recordedMs, source, data: detail }
  if (answerMs === undefined) return [recorded]
  const minutes = Math.ceil(seconds / 60)
  const rated = {
    ...detail,
    billed_seconds: minutes * 60,
    plan: 'business-1',
    amount: decimal(minutes * minutePrice[direction]),
    currency: 'EUR',
  }
  return [recorded, { type: 'cdr.rated', atMs: recordedMs + random.int(500, 4_000), source, data: rated }]
}

/** Ten-thousandths as decimal text. */
function decimal(tenThousandths: number): string {
  const whole = Math.floor(tenThousandths / 10_000)
  return `${whole}.${String(tenThousandths % 10_000).padStart(4, '0')}`
}

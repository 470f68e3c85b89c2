import { randomUUID } from 'node:crypto'
import type { ActDetails, ActEnd, Actor, AuditTrail } from '#contracts/audit-trail.ts'
import type { Clock } from '#contracts/clock.ts'
import type { EventLog, NewRecord } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { auditSource } from '#contracts/signals/audit-events.ts'
import { topicNames } from '#contracts/topics.ts'
import type { Logger } from '../logger.ts'
import { createDenials } from './denials.ts'

/** An act waits so long for the log to take its event; then it is refused. */
const beginWithinMs = 5_000
/** Between tries to append what is to be said of acts that are done. */
const retryMs = 2_000
/** Ends of acts and counts of denials that wait for the log. About a kilobyte each. */
const maxWaiting = 1_000
/** How long a stop waits for the log. */
const closeWithinMs = 5_000

interface AuditTrailParts {
  readonly log: Pick<EventLog, 'append'>
  /** Whose rows they are: the operator's own tenant. */
  readonly tenant: string
  readonly clock: Clock
  readonly logger: Pick<Logger, 'error'>
  /** Events that could not be kept, and denials by what they are. */
  readonly lost?: (events: number) => void
  readonly deniedCount?: (denial: string) => void
}

export interface OpenAuditTrail extends AuditTrail {
  /** Says what is still to be said, within seconds. */
  close(): Promise<void>
}

type Body = Readonly<Record<string, unknown>>

/** The administrators' trace as events on `audit-events`. */
export function createAuditTrail(parts: AuditTrailParts): OpenAuditTrail {
  const { log, tenant, clock } = parts
  const outbox = createOutbox(parts)
  const eventOf = (type: string, data: Body & { readonly actor_id: string }): NewRecord => ({
    topic: topicNames.auditEvents,
    key: data.actor_id,
    headers: { [recordHeaders.tenant]: tenant },
    value: JSON.stringify({
      ...{ specversion: '1.0', id: randomUUID(), source: auditSource, type },
      ...{ time: new Date(clock()).toISOString(), tenantid: tenant, data },
    }),
  })
  const denials = createDenials((data) => outbox.put(eventOf('audit.access_denied', data)))

  return {
    async begin({ actor, action, ...details }) {
      const actId = randomUUID()
      const say = (rest: Body) => eventOf('audit.administration', { ...actData(actor), action, act_id: actId, ...rest })
      await within(beginWithinMs, log.append([say({ outcome: 'begun', ...detailData(details) })]))
      return ({ outcome, status, ...known }: ActEnd) => outbox.put(say({ outcome, status, ...detailData(known) }))
    },
    denied(denied) {
      parts.deniedCount?.(denied.denial)
      denials.add(denied)
    },
    async close() {
      denials.close()
      await outbox.close()
    },
  }
}

const actData = ({ id, peer }: Actor) => ({ actor_id: id, actor_kind: 'administrator', peer })

const detailData = ({ tenant, target, detail }: ActDetails): Body => ({
  ...(tenant === undefined ? {} : { on_tenant: tenant }),
  ...(target === undefined ? {} : { target_id: target }),
  ...(detail === undefined ? {} : { detail }),
})

async function within(ms: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`the log has not taken an audit event for ${ms / 1_000} s`)), ms)
  try {
    await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
    // Its refusal after that is of no use to anybody.
    work.catch(() => undefined)
  }
}

/** What waits for the log, in order. Nothing waits for it. */
function createOutbox({ log, logger, lost = () => undefined }: AuditTrailParts) {
  const waiting: NewRecord[] = []
  const stopping = new AbortController()
  let sending: Promise<void> | undefined

  async function send(): Promise<void> {
    while (waiting.length > 0 && !stopping.signal.aborted) {
      const batch = waiting.slice(0, 100)
      try {
        await log.append(batch)
        waiting.splice(0, batch.length)
      } catch (error) {
        logger.error({ err: error, waiting: waiting.length }, 'audit events wait for the log; trying again')
        await pauseFor(retryMs, stopping.signal)
      }
    }
    sending = undefined
  }

  return {
    put(record: NewRecord): void {
      if (waiting.length >= maxWaiting) {
        lost(1)
        return
      }
      waiting.push(record)
      sending ??= send()
    },
    async close(): Promise<void> {
      const timer = setTimeout(() => stopping.abort(), closeWithinMs)
      await Promise.race([sending, pauseFor(closeWithinMs, stopping.signal)])
      clearTimeout(timer)
      stopping.abort()
      if (waiting.length === 0) return
      lost(waiting.length)
      logger.error({ lost: waiting.length }, 'the log did not take these audit events before the stop: they are lost')
    },
  }
}

const pauseFor = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(resolve, ms)
    timer.unref()
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })

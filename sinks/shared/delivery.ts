import type { Clock } from '#contracts/clock.ts'
import type { Delivery, Sink } from '#contracts/sink.ts'
import { backoffMs } from './backoff.ts'
import type { HttpClient, HttpReply, HttpRequest } from './http.ts'
import { judgeStatus, type Verdict } from './judge.ts'
import { createLosses } from './losses.ts'
import type { DeliveryObserver, RefusalReason, RetryReason } from './observer.ts'

/** Rows of one organisation that go in one request, in the order in which they must arrive. */
export interface Shipment<Row> {
  readonly org: string
  readonly rows: readonly Row[]
  /** Sent before, less the rows that the answer named. */
  readonly again?: true
}

export interface Plan<Row> {
  readonly shipments: readonly Shipment<Row>[]
  /** Rows that no store will be asked for. */
  readonly refused: readonly { readonly row: Row; readonly reason: RefusalReason }[]
}

/** What one store has of its own: how rows become requests, and what its answers say. */
export interface Courier<Row> {
  readonly name: string
  plan(rows: readonly Row[]): Plan<Row>
  encode(shipment: Shipment<Row>): Promise<HttpRequest & { readonly body: Uint8Array }>
  /** Reads an answer that is not judged by its status alone. */
  judge(reply: Extract<HttpReply, { type: 'answered' }>, shipment: Shipment<Row>): Verdict<Row>
  /** Tells a rate from a limit that no waiting mends, by an answer of 429. */
  judgeLimit?(reply: Extract<HttpReply, { type: 'answered' }>): RetryReason
  /** Told of rows that are stored. */
  stored?(shipment: Shipment<Row>): void
  /** Says of a refusal what is the matter and what to do, for the dead letter. */
  explain(reason: RefusalReason): string
  /** Requests that one `deliver` may spend on finding the guilty rows of refused shipments. */
  readonly searchesMax: number
  /** A refused shipment may be stored in part: of what is not searched, only as many are lost as the answer says. */
  readonly storesInPart: boolean
}

export interface DeliveryParts<Row> {
  readonly courier: Courier<Row>
  readonly http: HttpClient
  readonly observer: DeliveryObserver
  readonly clock: Clock
  /** 0..1, as Math.random. */
  readonly random: () => number
  /** Where a row came from: of each message one row is enough in the sample. */
  readonly messageOf: (row: Row) => object
  readonly backoff?: { readonly firstMs: number; readonly mostMs: number }
}

/** Organisations that are sent to side by side. Of one, requests go one after another: a log store wants order. */
const orgsAtOnce = 4
const defaultBackoff = { firstMs: 500, mostMs: 30_000 }

/**
 * Its size may be the reason, and it would never pass in one piece: a limit whose burst is smaller, a proxy that breaks the
 * connection instead of saying 413, a message too large for gRPC behind it. After an outage this costs a dozen small requests.
 */
const maybeTooLarge: ReadonlySet<RetryReason> = new Set(['rate_limited', 'server_error', 'timeout', 'unreachable'])

/** What is left of the batch in hand. Kept over a `retry`, so that what was acknowledged is not sent again. */
interface InHand<Row extends object> {
  readonly rows: readonly Row[]
  readonly queues: Shipment<Row>[][]
  readonly losses: ReturnType<typeof createLosses<Row>>
  searches: number
}

interface Setback {
  readonly reason: RetryReason
  readonly afterMs?: number | undefined
}

/** A sink over HTTP: sends what the courier plans, and does with each answer what it asks for. */
export function createHttpDelivery<Row extends object>(parts: DeliveryParts<Row>): Sink<Row> {
  const { courier, http, observer, clock, random } = parts
  let inHand: InHand<Row> | undefined
  let failures = 0

  function takeUp(rows: readonly Row[]): InHand<Row> {
    const { shipments, refused } = courier.plan(rows)
    const queues = new Map<string, Shipment<Row>[]>()
    for (const shipment of shipments) {
      const queue = queues.get(shipment.org) ?? []
      queues.set(shipment.org, queue)
      queue.push(shipment)
    }
    const losses = createLosses<Row>({ courier, observer, messageOf: parts.messageOf })
    for (const { row, reason } of refused) losses.add(reason, [row])
    return { rows, queues: [...queues.values()], losses, searches: courier.searchesMax }
  }

  /** Sends one organisation's shipments in order, until all are dealt with or one must wait. */
  async function work(queue: Shipment<Row>[], hand: InHand<Row>, deadline: AbortSignal): Promise<Setback | undefined> {
    for (;;) {
      const [shipment] = queue
      if (shipment === undefined || deadline.aborted) return undefined
      const request = await courier.encode(shipment)
      const reply = await http.send(request, deadline)
      if (reply.type === 'no_answer' && reply.reason === 'stopped') return undefined
      const verdict = verdictOf(reply, shipment)
      if (verdict.type === 'again') {
        if (maybeTooLarge.has(verdict.reason) && shipment.rows.length > 1) queue.splice(0, 1, ...halves(shipment))
        return verdict
      }
      failures = 0
      if (verdict.type === 'stored') {
        queue.shift()
        courier.stored?.(shipment)
        observer.stored(courier.name, shipment.rows.length - (verdict.lost?.rows ?? 0), request.body.length)
        if (verdict.lost !== undefined) hand.losses.add(verdict.lost.reason, shipment.rows, verdict.lost.rows)
      } else queue.splice(0, 1, ...afterRefusal(shipment, verdict, hand))
    }
  }

  function verdictOf(reply: HttpReply, shipment: Shipment<Row>): Verdict<Row> {
    const verdict = judgeStatus(reply, clock())
    if (reply.type === 'no_answer') return verdict ?? { type: 'again', reason: 'unreachable' }
    if (verdict === undefined) return courier.judge(reply, shipment)
    const isLimit = verdict.type === 'again' && verdict.reason === 'rate_limited'
    return isLimit ? { ...verdict, reason: courier.judgeLimit?.(reply) ?? verdict.reason } : verdict
  }

  /** What is to be sent instead of a shipment that was refused for good. */
  function afterRefusal(
    shipment: Shipment<Row>,
    verdict: Extract<Verdict<Row>, { type: 'refused' | 'too_large' }>,
    hand: InHand<Row>,
  ): readonly Shipment<Row>[] {
    const { rows, org } = shipment
    const reason = verdict.type === 'too_large' ? 'too_large' : verdict.reason
    const guilty = verdict.type === 'refused' && shipment.again === undefined ? (verdict.guilty ?? []) : []
    if (guilty.length > 0) {
      hand.losses.add(reason, guilty)
      const named = new Set(guilty)
      const rest = rows.filter((row) => !named.has(row))
      // Most likely stored; asked for once more, because the answer may have had other faults to find too.
      return rest.length === 0 ? [] : [{ org, rows: rest, again: true }]
    }
    if (rows.length === 1) hand.losses.add(reason, rows)
    else if (verdict.type === 'too_large' || hand.searches > 0) {
      if (verdict.type === 'refused') hand.searches -= 1
      return halves(shipment)
    } else {
      const lost = courier.storesInPart && verdict.type === 'refused' ? verdict.rows : undefined
      hand.losses.add(reason, rows, lost)
    }
    return []
  }

  return {
    name: courier.name,
    async deliver(rows, deadline): Promise<Delivery<Row>> {
      if (inHand?.rows !== rows) inHand = takeUp(rows)
      const hand = inHand
      const setbacks = await eachAtMost(orgsAtOnce, hand.queues, (queue) => work(queue, hand, deadline))
      const told = setbacks.filter((setback) => setback !== undefined)
      for (const { reason } of told) observer.retry(courier.name, reason)
      if (hand.queues.some((queue) => queue.length > 0)) {
        failures += told.length > 0 ? 1 : 0
        return again(told, failures)
      }
      inHand = undefined
      failures = 0
      const refused = hand.losses.sample()
      return refused.length === 0 ? { type: 'delivered' } : { type: 'refused', rows: refused }
    },
    async close() {
      inHand = undefined
      http.close()
    },
  }

  function again(setbacks: readonly Setback[], inRow: number): Delivery<Row> {
    const waits = setbacks.map(({ afterMs }) => afterMs ?? 0)
    const own = backoffMs(inRow, { ...(parts.backoff ?? defaultBackoff), random })
    const reasons = [...new Set(setbacks.map(({ reason }) => reason))]
    return {
      type: 'retry',
      afterMs: Math.max(own, ...waits),
      cause: causeOf(courier.name, reasons),
    }
  }
}

/** Names and codes that observers of retries go by; never words of the answer, which quote labels and ids. */
function causeOf(name: string, reasons: readonly RetryReason[]): Error {
  const cause = new Error(reasons.length === 0 ? `${name}: stopped meanwhile` : `${name}: ${reasons.join(', ')}`)
  if (reasons.includes('unreachable')) return Object.assign(cause, { code: 'ECONNREFUSED' })
  return reasons.includes('timeout') ? Object.assign(cause, { code: 'ETIMEDOUT' }) : cause
}

function halves<Row>({ org, rows }: Shipment<Row>): readonly Shipment<Row>[] {
  const middle = (rows.length + 1) >> 1
  return [
    { org, rows: rows.slice(0, middle) },
    { org, rows: rows.slice(middle) },
  ]
}

async function eachAtMost<Item, Result>(
  most: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const waiting = items.values()
  const turns = Array.from({ length: Math.min(most, items.length) }, async () => {
    for (const item of waiting) results.push(await work(item))
  })
  await Promise.all(turns)
  return results
}

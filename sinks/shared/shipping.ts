import type { Clock } from '#contracts/clock.ts'
import type { Courier, Shipment } from './courier.ts'
import type { HttpClient, HttpReply } from './http.ts'
import { judgeStatus, type Verdict } from './judge.ts'
import { createLosses } from './losses.ts'
import type { DeliveryObserver, RetryReason } from './observer.ts'

export interface ShippingParts<Row> {
  readonly courier: Courier<Row>
  readonly http: HttpClient
  readonly observer: DeliveryObserver
  readonly clock: Clock
  /** Where a row came from: of each message one row is enough in the sample. */
  readonly messageOf: (row: Row) => object
}

/** What is left of the batch in hand. Kept over a `retry`, so that what was acknowledged is not sent again. */
export interface InHand<Row extends object> {
  readonly rows: readonly Row[]
  readonly queues: Shipment<Row>[][]
  readonly losses: ReturnType<typeof createLosses<Row>>
  readonly storesInPart: boolean
  searches: number
  /** The store has taken or finally refused something, since this was last asked: it is there. */
  gotOn: boolean
}

/** Why a shipment has to wait, and how long at least. */
export interface Setback {
  readonly reason: RetryReason
  readonly afterMs?: number | undefined
}

/**
 * Its size may be the reason, and it would never pass in one piece: a limit whose burst is smaller, a proxy that breaks the
 * connection instead of saying 413, a message too large for gRPC behind it. After an outage this costs a dozen small requests.
 */
const maybeTooLarge: ReadonlySet<RetryReason> = new Set(['rate_limited', 'server_error', 'timeout', 'unreachable'])

/** A batch as the courier plans it; what it refuses by itself is counted. */
export function takeUp<Row extends object>(rows: readonly Row[], parts: ShippingParts<Row>): InHand<Row> {
  const { shipments, refused } = parts.courier.plan(rows)
  const queues = new Map<string, Shipment<Row>[]>()
  for (const shipment of shipments) {
    const queue = queues.get(shipment.org) ?? []
    queues.set(shipment.org, queue)
    queue.push(shipment)
  }
  const losses = createLosses<Row>(parts)
  for (const { row, reason } of refused) losses.add(reason, [row])
  const { searchesMax: searches, storesInPart } = parts.courier
  return { rows, queues: [...queues.values()], losses, storesInPart, searches, gotOn: false }
}

/** Sends shipments in order, until all are dealt with or one must wait. */
export type ShipInOrder<Row extends object> = (
  queue: Shipment<Row>[],
  hand: InHand<Row>,
  deadline: AbortSignal,
) => Promise<Setback | undefined>

export function createShipInOrder<Row extends object>(parts: ShippingParts<Row>): ShipInOrder<Row> {
  const { courier, http, observer } = parts

  return async function shipInOrder(queue, hand, deadline) {
    for (;;) {
      const [shipment] = queue
      if (shipment === undefined || deadline.aborted) return undefined
      const request = await courier.encode(shipment)
      const reply = await http.send(request, deadline)
      if (reply.type === 'no_answer' && reply.reason === 'stopped') return undefined
      const verdict = verdictOf(reply, shipment, parts)
      if (verdict.type === 'again') {
        if (maybeTooLarge.has(verdict.reason) && shipment.rows.length > 1) queue.splice(0, 1, ...halves(shipment))
        return verdict
      }
      hand.gotOn = true
      if (verdict.type === 'stored') {
        queue.shift()
        courier.stored?.(shipment)
        observer.stored(courier.name, shipment.rows.length - (verdict.lost?.rows ?? 0), request.body.length)
        if (verdict.lost !== undefined) hand.losses.add(verdict.lost.reason, shipment.rows, verdict.lost.rows)
      } else queue.splice(0, 1, ...afterRefusal(shipment, verdict, hand))
    }
  }
}

function verdictOf<Row>(
  reply: HttpReply,
  shipment: Shipment<Row>,
  { courier, clock }: Pick<ShippingParts<Row>, 'courier' | 'clock'>,
): Verdict<Row> {
  const verdict = judgeStatus(reply, clock())
  if (reply.type === 'no_answer') return verdict ?? { type: 'again', reason: 'unreachable' }
  if (verdict === undefined) return courier.judge(reply, shipment)
  const isLimit = verdict.type === 'again' && verdict.reason === 'rate_limited'
  return isLimit ? { ...verdict, reason: courier.judgeLimit?.(reply) ?? verdict.reason } : verdict
}

/** What is to be sent instead of a shipment that was refused for good. */
function afterRefusal<Row extends object>(
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
    const lost = hand.storesInPart && verdict.type === 'refused' ? verdict.rows : undefined
    hand.losses.add(reason, rows, lost)
  }
  return []
}

function halves<Row>({ org, rows }: Shipment<Row>): readonly Shipment<Row>[] {
  const middle = (rows.length + 1) >> 1
  return [
    { org, rows: rows.slice(0, middle) },
    { org, rows: rows.slice(middle) },
  ]
}

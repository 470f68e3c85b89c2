import type { Delivery, Sink } from '#contracts/sink.ts'
import { backoffMs } from './backoff.ts'
import type { RetryReason } from './observer.ts'
import { createShipInOrder, type InHand, type Setback, type ShippingParts, takeUp } from './shipping.ts'

export interface DeliveryParts<Row> extends ShippingParts<Row> {
  /** 0..1, as Math.random. */
  readonly random: () => number
  readonly backoff?: { readonly firstMs: number; readonly mostMs: number }
}

/** Organisations that are sent to side by side. Of one, requests go one after another: a log store wants order. */
const orgsAtOnce = 4
const defaultBackoff = { firstMs: 500, mostMs: 30_000 }

/** A sink over HTTP: sends what the courier plans, and does with each answer what it asks for. */
export function createHttpDelivery<Row extends object>(parts: DeliveryParts<Row>): Sink<Row> {
  const { courier, http, observer } = parts
  const shipInOrder = createShipInOrder(parts)
  let inHand: InHand<Row> | undefined
  let failures = 0

  return {
    name: courier.name,
    async deliver(rows, deadline): Promise<Delivery<Row>> {
      if (inHand?.rows !== rows) inHand = takeUp(rows, parts)
      const hand = inHand
      hand.gotOn = false
      const setbacks = await eachAtMost(orgsAtOnce, hand.queues, (queue) => shipInOrder(queue, hand, deadline))
      const told = setbacks.filter((setback) => setback !== undefined)
      for (const { reason } of told) observer.retry(courier.name, reason)
      if (hand.gotOn) failures = 0
      if (hand.queues.some((queue) => queue.length > 0)) {
        failures += told.length > 0 ? 1 : 0
        return again(told, failures, parts)
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
}

function again<Row>(
  setbacks: readonly Setback[],
  inRow: number,
  { courier, backoff = defaultBackoff, random }: DeliveryParts<Row>,
): Delivery<Row> {
  const waits = setbacks.map(({ afterMs }) => afterMs ?? 0)
  const own = backoffMs(inRow, { ...backoff, random })
  const reasons = [...new Set(setbacks.map(({ reason }) => reason))]
  return {
    type: 'retry',
    afterMs: Math.max(own, ...waits),
    cause: causeOf(courier.name, reasons),
  }
}

/** Names and codes that observers of retries go by; never words of the answer, which quote labels and ids. */
function causeOf(name: string, reasons: readonly RetryReason[]): Error {
  const cause = new Error(reasons.length === 0 ? `${name}: stopped meanwhile` : `${name}: ${reasons.join(', ')}`)
  if (reasons.includes('unreachable')) return Object.assign(cause, { code: 'ECONNREFUSED' })
  return reasons.includes('timeout') ? Object.assign(cause, { code: 'ETIMEDOUT' }) : cause
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

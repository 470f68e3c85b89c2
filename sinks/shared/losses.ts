import type { DeliveryObserver, RefusalReason } from './observer.ts'

/** Messages of one batch of which a refused row is named: each becomes a dead letter with the whole message. */
const maxMessages = 20

interface LossParts<Row> {
  readonly courier: { readonly name: string; explain(reason: RefusalReason): string }
  readonly observer: DeliveryObserver
  readonly messageOf: (row: Row) => object
}

/** Rows that a store refused for good: all counted, some of them kept. */
export function createLosses<Row extends object>({ courier, observer, messageOf }: LossParts<Row>) {
  const counts = new Map<RefusalReason, number>()
  const kept = new Map<Row, RefusalReason>()
  const messages = new Set<object>()

  return {
    /** `count`: how many of these rows, where fewer than all. */
    add(reason: RefusalReason, rows: readonly Row[], count = rows.length): void {
      const lost = Math.min(count, rows.length)
      counts.set(reason, (counts.get(reason) ?? 0) + lost)
      observer.refused(courier.name, reason, lost)
      let left = lost
      for (const row of rows) {
        if (left <= 0 || (messages.size >= maxMessages && !messages.has(messageOf(row)))) break
        messages.add(messageOf(row))
        kept.set(row, reason)
        left -= 1
      }
    },
    /** The rows to name, each with what was the matter, how many had it, and what to do. */
    sample(): readonly { readonly row: Row; readonly detail: string }[] {
      return [...kept].map(([row, reason]) => ({
        row,
        detail: `${courier.name}: ${reason} (${counts.get(reason) ?? 0} of this batch): ${courier.explain(reason)}`,
      }))
    },
  }
}

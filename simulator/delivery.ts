import type { EpochMs } from '#contracts/call-record.ts'
import type { Emission } from './emission.ts'
import type { CallDraft } from './plan.ts'
import type { Random } from './random.ts'

/** A message is told again this much later at most: producers retry within seconds. */
const maxRetryMs = 20_000

/**
 * When one emission reaches the log: once, or more often. Never before it happened, and never before the call's
 * messages arrive at all.
 */
export function deliveriesOf(
  emission: Emission,
  { delivery, arrivalMs }: CallDraft,
  random: Random,
): readonly EpochMs[] {
  const onTheWayMs = random.int(15, 250)
  const heldBackMs = random.chance(delivery.reorderShare) ? random.int(500, Math.max(500, delivery.reorderMs)) : 0
  const firstMs = Math.max(emission.atMs, arrivalMs) + (emission.lateMs ?? 0) + onTheWayMs + heldBackMs
  if (!random.chance(delivery.duplicateShare)) return [firstMs]
  const again = firstMs + random.int(20, maxRetryMs)
  // Now and then a producer that got no answer tries a third time.
  return random.chance(0.1) ? [firstMs, again, again + random.int(20, maxRetryMs)] : [firstMs, again]
}

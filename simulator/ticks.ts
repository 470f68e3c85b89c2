import type { EpochMs } from '#contracts/call-record.ts'
import type { ObserverPlan, StreamDraft } from './plan.ts'

/** The first cumulative sample comes this soon: it is only the base of the next, and what it hides must stay short. */
const firstCumulativeMs = 300
/** A rest shorter than this joins the interval before it, instead of making a sample of a few packets. */
const minRestMs = 1_000

/** The ends of the observer's intervals. */
export function* ticks(stream: StreamDraft, plan: ObserverPlan): Generator<EpochMs> {
  const { fromMs, toMs } = stream
  let atMs = fromMs
  if (plan.scope === 'cumulative') {
    atMs += firstCumulativeMs
    yield atMs
  }
  while (atMs < toMs) {
    const stepMs = plan.fineUntilMs !== undefined && atMs < plan.fineUntilMs ? 1_000 : plan.intervalMs
    atMs = toMs - (atMs + stepMs) < minRestMs ? toMs : atMs + stepMs
    const unseen = plan.blind !== undefined && atMs > plan.blind.fromMs && atMs < plan.blind.toMs
    if (!unseen) yield atMs
  }
}

import type { Fault, FaultDomain, Finding, MosBand, Reason } from '#contracts/call-record.ts'
import { localFaults } from './fault-access.ts'
import { type QualityProfile, usualLossLimits } from './profile.ts'
import { reasonsOfView } from './reasons.ts'
import { ratiosOf, reachesLimit } from './summarize-stream.ts'
import type { CallFacts, StreamView } from './views.ts'

/** One rule's opinion: whose fault, how sure, and what speaks for it. */
export interface Suspicion {
  readonly domain: FaultDomain
  /** 0..1. */
  readonly confidence: number
  readonly because: string
}

/** What the rules look at: a bad call's facts, views and what was found. */
export interface BadCall {
  readonly facts: CallFacts
  readonly views: readonly StreamView[]
  readonly reasons: readonly Reason[]
  readonly findings: readonly Finding[]
}

/**
 * Whose fault a bad call is. Every rule that fires is a suspicion; the surest one names the domain, and all for that
 * domain are listed. No rule fires on absent data, and a missing view lowers the confidence. `carrier` is not decided
 * here: that takes all calls of a route (a cohort finding).
 */
export function faultOf(call: BadCall): Fault {
  const suspicions = [...localFaults(call), ...platform(call), ...device(call), ...codecOrDelay(call)]
  // Stable: of equally sure ones the rule named first wins.
  const [surest] = [...suspicions].sort((a, b) => b.confidence - a.confidence)
  if (surest === undefined) return { domain: 'unknown', confidence: 0, because: ['no view tells the sides apart'] }
  const { domain, confidence } = surest
  const because = suspicions.filter((one) => one.domain === domain).map((one) => one.because)
  return { domain, confidence, because: [...new Set(because)] }
}

/** Spans of our own services that failed or were slow while the call went bad. */
function platform({ facts: { evidence } }: BadCall): readonly Suspicion[] {
  const of = (reason: 'span_failed' | 'span_slow', confidence: number, what: string): readonly Suspicion[] => {
    const services = [...new Set(evidence.filter((row) => row.reason === reason).map(({ service }) => service))].sort()
    if (services.length === 0) return []
    return [{ domain: 'platform', confidence, because: `spans ${what}: ${services.join(', ')}` }]
  }
  return [...of('span_failed', 0.7, 'failed'), ...of('span_slow', 0.5, 'slow')]
}

/** Concealment that no network loss explains, or a client that its processor held back. */
function device({ facts: { profile }, views }: BadCall): readonly Suspicion[] {
  return views.flatMap((view): readonly Suspicion[] => {
    const { digest, ends, judged } = view
    const starved = reachesLimit(
      { ms: digest.cpuLimitedMs, longestMs: digest.cpuLimitedMs },
      Math.max(judged.measuredMs, digest.measuredMs),
      profile,
    )
    const cpu = starved ? [suspect('client_device', 0.6, `the client's processor limited it, ${ends.label}`)] : []
    const measures = reasonsOfView(view, profile).map(({ measure }) => measure)
    const conceals = measures.includes('concealment') && !measures.includes('loss') && isLossFree(view, profile)
    return conceals ? [...cpu, suspect('client_device', 0.6, `concealment without network loss, ${ends.label}`)] : cpu
  })
}

/** A low score without loss: the codec's own, or the delay's where listening alone scores well. */
function codecOrDelay({ facts: { profile }, views }: BadCall): readonly Suspicion[] {
  return views.flatMap((view): readonly Suspicion[] => {
    const { digest, ends } = view
    const scoredLow = reasonsOfView(view, profile).some(({ measure }) => measure === 'mos')
    if (!scoredLow || !isLossFree(view, profile)) return []
    const listening = digest.mos.filter(
      ({ kind, grounded, source, ms }) => kind === 'listening' && grounded && source === 'computed' && ms > 0,
    )
    const isLow = (mosHundredths: number, band: MosBand) => mosHundredths < (profile.mosHundredths[band]?.degraded ?? 0)
    const low = listening.find(({ hundredthMs, ms, band }) => isLow(hundredthMs / ms, band))
    if (low !== undefined) return [suspect('codec', 0.6, `loss absent, yet ${low.codecRow} scores low, ${ends.label}`)]
    return listening.length > 0
      ? [suspect('unknown', 0.3, `loss absent and the codec scores well: the delay lowers the score, ${ends.label}`)]
      : []
  })
}

/** Known to have lost less than the limit; unknown loss is not absent loss, and a profile that never judges it means the usual. */
function isLossFree({ digest }: StreamView, { lossBasisPoints = usualLossLimits }: QualityProfile): boolean {
  const { lossRatio, discardRatio = 0 } = ratiosOf(digest)
  return lossRatio !== undefined && (lossRatio + discardRatio) * 10_000 < lossBasisPoints.degraded
}

function suspect(domain: FaultDomain, confidence: number, because: string): Suspicion {
  return { domain, confidence, because }
}

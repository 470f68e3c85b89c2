import { answeredMs } from '../draft.ts'
import type { CallDraft } from '../plan.ts'
import { services } from '../world.ts'
import { badStretch, heavyLoss } from './network.ts'
import type { Scenario } from './scenario.ts'

/** An overloaded media node: its spans fail, and every leg on it loses packets. */
const platformSpanFailure: Scenario = {
  name: 'platform_span_failure',
  weight: 3,
  shape: { talkMs: [60_000, 150_000], device: 'web' },
  plant(draft, random) {
    const stretch = badStretch(draft, random)
    const change = heavyLoss(random)
    for (const stream of draft.streams) stream.segments.push({ ...stretch, change })
    failSpans(draft, stretch.fromMs)
    draft.expected = {
      class: 'poor',
      reasons: ['loss'],
      findings: ['platform_span_failed'],
      fault: 'platform',
      planted: 'platform',
    }
  },
}

/** Spans fail and are tried again: stated, and no harm to the talk. */
const spansRetried: Scenario = {
  name: 'spans_retried',
  weight: 2,
  shape: {},
  plant(draft) {
    failSpans(draft, answeredMs(draft) + 3_000)
    draft.expected = { class: 'good', reasons: [], findings: ['platform_span_failed'] }
  },
}

function failSpans(draft: CallDraft, atMs: number): void {
  const span = 'RelayMedia'
  const message = `${draft.mediaNode}: relay worker did not answer in time`
  draft.failures.push({ atMs: atMs + 700, service: services.mediaRecording, span, message })
  draft.failures.push({ atMs: atMs + 1_900, service: services.mediaRecording, span, message })
}

export const platformScenarios: readonly Scenario[] = [platformSpanFailure, spansRetried]

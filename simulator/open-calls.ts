import type { EpochMs } from '#contracts/call-record.ts'
import { type PlayedCall, playCall } from './call.ts'
import { deliveriesOf } from './delivery.ts'
import type { Emission, Source } from './emission.ts'
import { createTimeHeap } from './heap.ts'
import type { CallDraft } from './plan.ts'
import type { Random } from './random.ts'
import type { CallTruth } from './truth.ts'

export interface OpenCallsOptions {
  /** A call's last message has been made. */
  readonly onClosed: (truth: CallTruth) => void
  /** Something is told so many times more than once. */
  readonly onDuplicates: (times: number) => void
}

/** All calls under way, as what they will tell next. */
export interface OpenCalls {
  open(draft: CallDraft): void
  /** When something is to be done next; undefined when no call is left. */
  nextMs(): EpochMs | undefined
  /** Does the next thing: what reaches the log by it, if anything does. */
  step(): Emission | undefined
}

/** A call being told: gone from memory when its last source is exhausted. */
interface OpenCall {
  readonly draft: CallDraft
  readonly played: PlayedCall
  sourcesLeft: number
}

interface OpenSource {
  readonly call: OpenCall
  readonly source: Source
  readonly random: Random
}

/** A source waits with what it tells next; what was told is on its way until it is due. */
type Waiting =
  | { readonly type: 'telling'; readonly open: OpenSource; readonly emission: Emission }
  | { readonly type: 'on_its_way'; readonly emission: Emission }

export function createOpenCalls({ onClosed, onDuplicates }: OpenCallsOptions): OpenCalls {
  const waiting = createTimeHeap<Waiting>()

  function open(draft: CallDraft): void {
    const played = playCall(draft)
    const call: OpenCall = { draft, played, sourcesLeft: played.sources.length }
    for (const [at, source] of played.sources.entries()) {
      waitForNext({ call, source, random: draft.random.fork(`delivery-${at}`) })
    }
  }

  function waitForNext(source: OpenSource): void {
    const { call } = source
    const { value: emission, done } = source.source.next() as IteratorResult<Emission>
    if (done !== true) {
      waiting.push(Math.max(emission.atMs, call.draft.arrivalMs), { type: 'telling', open: source, emission })
      return
    }
    call.sourcesLeft--
    if (call.sourcesLeft === 0) onClosed(call.played.truth())
  }

  function tell(source: OpenSource, emission: Emission): void {
    const dues = deliveriesOf(emission, source.call.draft, source.random)
    onDuplicates(dues.length - 1)
    for (const dueMs of dues) waiting.push(dueMs, { type: 'on_its_way', emission })
    waitForNext(source)
  }

  return {
    open,
    nextMs: waiting.peekMs,
    step() {
      const next = waiting.pop()?.item
      if (next?.type === 'telling') tell(next.open, next.emission)
      return next?.type === 'on_its_way' ? next.emission : undefined
    },
  }
}

import type { EpochMs, Run } from '#contracts/call-record.ts'
import { findCodec } from './codecs.ts'
import { createExcuses } from './excuses.ts'
import { groupBy } from './grouping.ts'
import { hasMedia, intersection, isEarly, minus, overlaid, type Span, union } from './spans.ts'
import { type CallFacts, inOrder, type StreamView } from './views.ts'

/** What is known of one direction of a call over time, from all who could see whether media flowed. */
export interface Direction {
  readonly from: string
  readonly to: string
  readonly label: string
  /** Stream of the view nearest to the listener. */
  readonly stream: string
  /** Media flowed. Time in neither list was measured by nobody. */
  readonly media: readonly Span[]
  /** Nothing flowed, though it was looked for, and neither hold nor a mute event explains it. */
  readonly silent: readonly Span[]
  /** Milliseconds that samples report as muted, not placed in time: they explain as much silence. */
  readonly mutedMs: number
  /** The codec leaves packets out while nobody speaks (VAD, comfort noise): such silence ends by itself. */
  readonly suppressesSilence: boolean
}

/**
 * The directions of a call in which audio was looked for, by label. An observer who never counted packets on a stream
 * proves nothing about it; where several did, the one nearest to the listener decides, and others fill its gaps.
 */
export function directionsOf(facts: CallFacts, views: readonly StreamView[]): readonly Direction[] {
  const excuses = createExcuses(facts, inOrder(facts.events))
  const window = talkWindow(facts)
  const looking = views.filter(
    ({ digest, isRest }) => digest.kind === 'audio' && digest.packetsReceived !== undefined && !isRest,
  )
  const byLabel = groupBy(looking, ({ ends }) => ends.label)
  return [...byLabel.keys()]
    .filter(excuses.expects)
    .sort()
    .flatMap((label) => {
      const own = [...(byLabel.get(label) ?? [])].sort(nearestToListener)
      const [nearest] = own
      if (nearest === undefined) return []
      const { media, silent } = layered(own, facts)
      return [
        {
          ...nearest.ends,
          stream: nearest.key,
          media: intersection(media, window),
          silent: minus(intersection(silent, window), excuses.silenceOf(nearest.ends.from)),
          mutedMs: mutedMsOf(views.filter(({ ends }) => ends.label === label)),
          suppressesSilence: own.some(({ digest }) => digest.codecs.some(suppressesSilence)),
        },
      ]
    })
}

/** From the answer to the end of the call, as far as known at `asOfMs`. */
function talkWindow({ answeredMs, endedMs, asOfMs }: CallFacts): readonly Span[] {
  const fromMs = answeredMs ?? Number.MIN_SAFE_INTEGER
  const toMs = Math.min(endedMs ?? asOfMs, asOfMs)
  return fromMs < toMs ? [{ fromMs, toMs }] : []
}

const nearestToListener = (a: StreamView, b: StreamView) => rankOf(a) - rankOf(b)
/** What was heard before what was said; views come most believed first within each (a stable sort keeps that). */
const rankOf = ({ digest }: StreamView) => (digest.direction === 'receive' ? 0 : 1)

/**
 * Every view's time, the nearer ones' first: a later view only speaks where no nearer one did. Sources of one kind of
 * observer are equally near: media flowed where all of them that looked saw some.
 */
function layered(
  views: readonly StreamView[],
  { legs }: CallFacts,
): { readonly media: readonly Span[]; readonly silent: readonly Span[] } {
  let media: readonly Span[] = []
  let silent: readonly Span[] = []
  for (const near of groupBy(views, ({ key, digest }) => `${key} ${digest.observer}`).values()) {
    const endedMs = legs.find(({ legId }) => legId === near[0]?.digest.legId)?.endedMs
    const runs = overlaid(near.flatMap(({ digest }) => digest.runs).sort((a, b) => a[0] - b[0] || a[1] - b[1]))
    const known = union([...media, ...silent])
    const here = (fulfils: (mask: number) => boolean) => minus(spansOf(runs, fulfils, endedMs), known)
    media = union([...media, ...here(hasMedia)])
    silent = union([...silent, ...here((mask) => !hasMedia(mask))])
  }
  return { media, silent }
}

/** Judged runs as spans; a leg that has left owes no media. */
function spansOf(
  runs: readonly Run[],
  fulfils: (mask: number) => boolean,
  endedMs: EpochMs | undefined,
): readonly Span[] {
  const spans = runs.flatMap(([fromMs, toMs, mask]) => (!isEarly(mask) && fulfils(mask) ? [{ fromMs, toMs }] : []))
  return endedMs === undefined
    ? union(spans)
    : minus(union(spans), [{ fromMs: endedMs, toMs: Number.MAX_SAFE_INTEGER }])
}

const mutedMsOf = (views: readonly StreamView[]) =>
  views.reduce((most, { digest }) => Math.max(most, digest.mutedMs), 0)

function suppressesSilence(codec: string): boolean {
  return /^(audio\/)?cn\b/i.test(codec) || findCodec(codec)?.key.endsWith('+VAD') === true
}

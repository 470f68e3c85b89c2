import type {
  CallEventRow,
  EpochMs,
  EvidenceRow,
  LegSummary,
  StreamDigest,
  StreamSummary,
} from '#contracts/call-record.ts'
import { type CallTime, judgeViews } from './judge-views.ts'
import type { QualityProfile } from './profile.ts'
import { chooseViews, compareViews, createEnds, type Ends, sourceKeyOf, streamKeyOf } from './streams.ts'
import { type JudgedStream, nothingMeasured, summarizeStream } from './summarize-stream.ts'

/** Everything a verdict is made from. The order of the lists does not matter. */
export interface CallFacts {
  readonly startedMs: EpochMs
  readonly answeredMs?: EpochMs | undefined
  readonly endedMs?: EpochMs | undefined
  readonly endedBy?: string | undefined
  /** The event time at which the call is judged: what had not happened by then is not known. */
  readonly asOfMs: EpochMs
  readonly disposition: 'answered' | 'not_answered' | 'unknown'
  readonly events: readonly CallEventRow[]
  readonly legs: readonly LegSummary[]
  readonly streams: readonly StreamDigest[]
  readonly evidence: readonly EvidenceRow[]
  readonly conference: boolean
  readonly codec?: string | undefined
  readonly profile: QualityProfile
}

/** What one source says of one stream in one scope, judged. */
export interface StreamView {
  readonly digest: StreamDigest
  readonly key: string
  readonly ends: Ends
  readonly chosen: boolean
  readonly judged: JudgedStream
  /** See JudgedView. */
  readonly clockAheadMs: number
  /** A report on the whole call beside finer samples of its source, which say better when media flowed. */
  readonly isRest: boolean
}

type Viewed = Pick<CallFacts, 'streams' | 'legs' | 'conference' | 'profile'> & CallTime

/** Facts never change, and a fold asks for their views four times. */
const knownViews = new WeakMap<Viewed, readonly StreamView[]>()

/** All views of a call, most believed first within each stream. */
export function viewsOf(facts: Viewed): readonly StreamView[] {
  const known = knownViews.get(facts)
  if (known !== undefined) return known
  const views = makeViews(facts)
  knownViews.set(facts, views)
  return views
}

function makeViews({ streams, legs, conference, profile, ...time }: Viewed): readonly StreamView[] {
  const endsOf = createEnds({ legs, streams, conference })
  const chosen = chooseViews(streams)
  const judged = judgeViews(streams, time, profile)
  const finer = new Set(streams.filter(({ scope, runs }) => scope !== 'call' && runs.length > 0).map(sourceKeyOf))
  const byStream = (a: StreamDigest, b: StreamDigest) => {
    const [one, other] = [streamKeyOf(a), streamKeyOf(b)]
    return one === other ? compareViews(a, b) : one < other ? -1 : 1
  }
  return [...streams].sort(byStream).map((digest) => ({
    digest,
    key: streamKeyOf(digest),
    ends: endsOf(digest),
    chosen: chosen.has(digest),
    judged: nothingMeasured,
    clockAheadMs: 0,
    ...judged.get(digest),
    isRest: digest.scope === 'call' && finer.has(sourceKeyOf(digest)),
  }))
}

/** Every stream of a call as people see it, in a fixed order. */
export function summarizeStreams(facts: Viewed): readonly StreamSummary[] {
  return viewsOf(facts).map(({ digest, ends: { label }, chosen, judged }) =>
    summarizeStream(digest, { label, chosen, profile: facts.profile, judged }),
  )
}

/** Events in time order; ids break ties, so that the order of arrival does not. */
export function inOrder(events: readonly CallEventRow[]): readonly CallEventRow[] {
  const idOf = ({ correlationId, source, id, type }: CallEventRow) => JSON.stringify([correlationId, source, id, type])
  return [...events].sort((a, b) => a.atMs - b.atMs || (idOf(a) < idOf(b) ? -1 : 1))
}

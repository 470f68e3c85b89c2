import type { EpochMs } from '#contracts/call-record.ts'
import { legsOf, streamsOf } from './legs.ts'
import type { CallDraft, CallTimes } from './plan.ts'
import { hex, type Random, uuid } from './random.ts'
import { signallingOf } from './signalling.ts'
import { type CodecFacts, codecs, gatewaysOf, mediaNodesOf, routeOf, type TenantWorld } from './world.ts'

/** What a scenario asks of the call it is planted in. What it leaves open is drawn. */
export interface CallShape {
  readonly direction?: CallDraft['direction']
  readonly codecs?: readonly CodecFacts[]
  readonly talkMs?: readonly [min: number, max: number]
  /** The kind of device on legs that are not a carrier's. */
  readonly device?: 'web' | 'mobile' | 'desktop' | 'sip'
  /** The call never gets through. */
  readonly unanswered?: boolean
  readonly intervalMs?: number
  readonly carrier?: string
  /** Began so long before anything of it reached the log. A function of arrival, so that "last midnight" can be said. */
  readonly startMs?: (arrivalMs: EpochMs, random: Random) => EpochMs
  /** Recorded, with audit of who heard it. Drawn when left open. */
  readonly recorded?: boolean
}

export interface DraftOptions {
  readonly index: number
  readonly scenario: string
  readonly random: Random
  readonly tenants: readonly TenantWorld[]
  readonly arrivalMs: EpochMs
  readonly intervalMs: number
  readonly shape: CallShape
}

const defaultTalkMs = [40_000, 150_000] as const
const trunkCodecs = [codecs.pcmu, codecs.pcma, codecs.pcma, codecs.g729, codecs.amrWb, codecs.g722]
const appCodecs = [codecs.opus, codecs.opus, codecs.opus, codecs.g722]

/** A healthy call between two parties, with all that a scenario may then change. */
export function draftCall(options: DraftOptions): CallDraft {
  const { index, scenario, arrivalMs, shape } = options
  const random = options.random.fork(`call-${index}`)
  const tenant = carryingTenant(options, random)
  const direction = shape.direction ?? random.pick(['inbound', 'outbound', 'outbound', 'internal'])
  const region = random.pick(tenant.regions)
  const startMs = shape.startMs?.(arrivalMs, random) ?? arrivalMs
  const codec = random.pick(shape.codecs ?? (direction === 'internal' ? appCodecs : trunkCodecs))
  const draft: CallDraft = {
    index,
    scenario,
    faults: [],
    random,
    tenant,
    arrivalMs,
    intervalMs: shape.intervalMs ?? options.intervalMs,
    correlationIds: [uuid(random)],
    ids: { callId: `call-${hex(random, 16)}`, sessionId: `ses-${hex(random, 16)}`, sipSessionId: hex(random, 32) },
    traceId: `1${hex(random, 31)}`,
    direction,
    times: timesOf(startMs, shape, random),
    region,
    mediaNode: random.pick(mediaNodesOf(region)),
    codec,
    codecChanges: [],
    samplesNameCodec: random.chance(0.6),
    legs: [],
    streams: [],
    events: [],
    failures: [],
    warnings: [],
    telemetry: true,
    delivery: { duplicateShare: 0, reorderShare: 0, reorderMs: 0 },
    expected: { class: 'good', reasons: [], findings: [] },
  }
  if (direction !== 'internal') giveCarrier(draft, shape.carrier)
  draft.legs.push(...legsOf(draft, shape))
  draft.streams.push(...streamsOf(draft))
  if (shape.recorded ?? (random.chance(0.3) && shape.unanswered !== true)) recordCall(draft)
  draft.events = signallingOf(draft)
  return draft
}

function carryingTenant({ tenants, shape }: DraftOptions, random: Random): TenantWorld {
  const { carrier } = shape
  const fitting = carrier === undefined ? tenants : tenants.filter(({ carriers }) => carriers.includes(carrier))
  return random.pick(fitting.length > 0 ? fitting : tenants)
}

function giveCarrier(draft: CallDraft, wanted: string | undefined): void {
  const { random, tenant, region } = draft
  const known = wanted !== undefined && tenant.carriers.includes(wanted)
  const carrier = known ? wanted : random.pick(tenant.carriers)
  draft.carrier = carrier
  draft.gateway = random.pick(gatewaysOf(carrier))
  draft.route = routeOf(carrier, region)
}

function recordCall(draft: CallDraft): void {
  draft.recordingKey = `recordings/calls/${draft.ids.callId}/${draft.ids.sessionId}/audio.opus`
}

function timesOf(
  startMs: EpochMs,
  { talkMs = defaultTalkMs, unanswered = false }: CallShape,
  random: Random,
): CallTimes {
  const ringMs = startMs + random.int(2_500, 4_500)
  const pickupMs = ringMs + random.int(1_500, 9_000)
  if (unanswered) return { startMs, ringMs, answerMs: undefined, endMs: pickupMs + random.int(5_000, 25_000) }
  return { startMs, ringMs, answerMs: pickupMs, endMs: pickupMs + random.int(talkMs[0], talkMs[1]) }
}

/** The moment of answer, for scenarios that need one. */
export function answeredMs({ times, scenario }: CallDraft): EpochMs {
  if (times.answerMs === undefined) throw new Error(`${scenario} is for answered calls`)
  return times.answerMs
}

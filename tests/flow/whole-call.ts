import type { NewRecord } from '#contracts/event-log.ts'
import { type EnvelopeParts, messagesOf, traceOf } from '#tests/builders.ts'

const second = 1_000

/** Figures that a property varies. */
export interface CallShape {
  /** Packets lost in each of the caller's intervals. */
  readonly losses: readonly number[]
  /** Running counters of the callee's phone: what came in between two reports, received and (signed) lost. */
  readonly counters: readonly { readonly received: number; readonly lost: number; readonly afterMs: number }[]
  /** Report after which the phone starts again from nothing: with a new start id, or without telling. */
  readonly restartAt: number
  readonly restartTold: boolean
}

/**
 * One call under two correlation ids, `a` and `b`, with everything that may come late, twice or in disguise. Midnight, and
 * the end of a month, is one and a half minutes into it.
 */
export function wholeCall(tenant: string, midnightMs: number, shape: CallShape): readonly NewRecord[] {
  const { event, sample, log, span } = messagesOf(tenant)
  const at = (seconds: number) => midnightMs - 90 * second + seconds * second
  const nil = '00000000000000000000000000000000'
  const from = (source: string, eventId: string): EnvelopeParts => ({ source, eventId })
  return [
    event(
      'a',
      'call.started',
      at(0),
      { from: 'p-1', to: 'p-2', direction: 'outbound', sip_session_id: nil },
      from('/call-control', 'e-1'),
    ),
    // The same id from another source is another event.
    event('a', 'call.routed', at(2), { carrier: 'northtel', route: 'r-1', rule: 'cheapest' }, from('/router', 'e-1')),
    event('a', 'call.ringing', at(3)),
    event('a', 'call.answered', at(10), { call_id: 'k-1' }, { trace: traceOf('1') }),
    event('a', 'call.leg_added', at(10), { leg_id: 'caller', role: 'caller', device: 'web' }),
    event('a', 'call.leg_added', at(11), { leg_id: 'callee', role: 'callee', device: 'sip' }),
    // The codec and the carrier are said when half of the call is over.
    event('a', 'call.codec_changed', at(80), { codec: 'PCMU' }, from('/media', 'codec-1')),
    event('a', 'call.codec_changed', at(120), { codec: 'G729', leg_id: 'callee' }, from('/media', 'codec-2')),
    event('a', 'call.routed', at(100), { carrier: 'southtel' }, from('/router', 'e-2')),
    event('a', 'call.held', at(150)),
    event('a', 'call.resumed', at(158)),
    event('a', 'call.transferred', at(160), { transfer: 'attended', to: 'p-3' }),
    // Only this joins the two halves.
    event('b', 'call.started', at(161), { call_id: 'k-1', sip_session_id: nil }, from('/call-control', 'e-1')),
    event('b', 'call.answered', at(163)),
    event('a', 'call.ended', at(170), { sip_code: 200, ended_by: 'caller' }),
    event('b', 'call.ended', at(200), { sip_code: 200, q850_cause: 16, ended_by: 'callee' }),
    event('a', 'cdr.recorded', at(230), { duration_seconds: 160, started_at: new Date(at(0)).toISOString() }),
    event('b', 'cdr.rated', at(231), { duration_seconds: 37, billed_seconds: 60, amount: '0.0125', currency: 'EUR' }),
    ...shape.losses.map((lost, n) =>
      sample('a', at(5 + 5 * (n + 1)), { packets_received: 250 - lost, packets_lost: lost }),
    ),
    // Another observer of the same stream, nine milliseconds aside.
    ...shape.losses.map((lost, n) =>
      sample('a', at(5 + 5 * (n + 1)) + 9, {
        observer: 'sbc',
        packets_received: 250,
        packets_lost: lost === 0 ? 0 : 1,
        round_trip_ms: undefined,
      }),
    ),
    // Two samples of one moment that a running number tells apart.
    sample('a', at(40), { stream_id: 'mid-1', sequence: 1, interval_ms: 1_000, packets_received: 50 }),
    sample('a', at(40), { stream_id: 'mid-1', sequence: 2, interval_ms: 1_000, packets_received: 49, packets_lost: 1 }),
    ...phoneReports(tenant, at(12), shape),
    sample('b', at(190), {
      leg_id: 'third',
      observer: 'phone',
      packets_received: 240,
      packets_lost: 10,
      jitter_ms: 35.55,
      codec: 'PCMA',
    }),
    sample('b', at(195), { leg_id: 'third', observer: 'phone', packets_received: 250, mos_conversational: 3.21 }),
    sample('b', at(199), {
      leg_id: 'third',
      observer: 'media_server',
      scope: 'call',
      interval_ms: 36_000,
      packets_received: 1_800,
      direction: 'send',
    }),
    ...conflicts(tenant, at),
    log(at(50), 'no answer from gateway', { id: 'a', severity: 17 }),
    log(at(55), 'retrying', { trace: traceOf('1'), severity: 13 }),
    span(at(52), 'POST /routes', { trace: traceOf('1'), failed: true }),
    span(at(165), 'POST /transfers', { id: 'b', trace: traceOf('2'), ms: 2_500 }),
  ]
}

/** One identity, two contents: a producer's fault. Whichever comes first, the same one has to stay. */
function conflicts(tenant: string, at: (seconds: number) => number): readonly NewRecord[] {
  const { event, sample } = messagesOf(tenant)
  const twice = { source: '/call-control', eventId: 'twice' }
  return [
    event('a', 'call.routed', at(60), { carrier: 'easttel', region: 'eu' }, twice),
    // The other one lies in the next month's partition.
    event('a', 'call.routed', at(95), { carrier: 'westtel', region: 'us' }, twice),
    // Only one of the two states a codec, or the answer.
    event('a', 'call.routed', at(65), { carrier: 'easttel' }, { ...twice, eventId: 'codec' }),
    event('a', 'call.routed', at(65), { codec: 'GSM-EFR', leg_id: 'caller' }, { ...twice, eventId: 'codec' }),
    event('a', 'call.answered', at(9), {}, { ...twice, eventId: 'answer' }),
    event('a', 'call.ringing', at(4), {}, { ...twice, eventId: 'answer' }),
    sample('a', at(70), { stream_id: 'mid-2', packets_received: 200, packets_lost: 50 }),
    sample('a', at(70), { stream_id: 'mid-2', packets_received: 250, packets_lost: 0 }),
    event('a', 'cdr.recorded', at(232), { duration_seconds: 1 }, twice),
    event('a', 'cdr.recorded', at(232), { duration_seconds: 2 }, twice),
    ...twoScopes(tenant, 'mid-3', at, 200),
    ...twoScopes(tenant, 'mid-4', at, 150),
  ]
}

/** Running counters, one of which is sent as an interval too. The next one, which looks back at it, is of the next minute. */
function twoScopes(
  tenant: string,
  stream_id: string,
  at: (seconds: number) => number,
  received: number,
): readonly NewRecord[] {
  const { sample } = messagesOf(tenant)
  const counters = { stream_id, scope: 'cumulative', interval_ms: undefined, start_id: 's-1', jitter_ms: undefined }
  return [
    ...[82, 86, 94].map((second) => sample('a', at(second), { ...counters, packets_received: 50 * second })),
    sample('a', at(86), { stream_id, packets_received: received }),
  ]
}

/** Counters that run since the phone started, as it reports them. */
function phoneReports(
  tenant: string,
  firstMs: number,
  { counters, restartAt, restartTold }: CallShape,
): readonly NewRecord[] {
  const { sample } = messagesOf(tenant)
  let received = 1_000
  let lost = 3
  let endMs = firstMs
  return counters.map((interval, n) => {
    const restarted = n === restartAt
    received = (restarted ? 0 : received) + interval.received
    lost = (restarted ? 0 : lost) + interval.lost
    endMs += interval.afterMs
    return sample('a', endMs, {
      ...{ leg_id: 'callee', observer: 'phone', scope: 'cumulative', interval_ms: undefined, ssrc: 77 },
      ...{ start_id: restartTold && n >= restartAt ? 's-2' : 's-1' },
      ...{ packets_received: received, packets_lost: lost, jitter_ms: 3 + n, round_trip_ms: undefined },
    })
  })
}

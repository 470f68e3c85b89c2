import type { ClickHouseClient } from '@clickhouse/client'
import type {
  MediaDirection,
  MediaKind,
  MosBand,
  MosKind,
  MosSource,
  MosTally,
  Run,
  StreamDigest,
  TimedMeasure,
} from '#contracts/call-record.ts'
import type { Observer } from '#contracts/signals/common.ts'
import type { MemberKey } from '#contracts/summaries.ts'
import { overlaid } from '#quality/spans.ts'
import { rowsOf } from '../client.ts'
import { textKeys } from '../literal.ts'
import type { OfMember } from './call-inputs.ts'
import { runsOf } from './minutes-sql.ts'

const counters = [
  'packets_received',
  'packets_sent',
  'packets_lost',
  'packets_discarded',
  'packets_expected',
  'concealed_samples',
  'silent_concealed_samples',
  'samples_received',
  'frames_decoded',
  'frames_dropped',
  'freeze_count',
  'freezes_ms',
] as const

const timed = (name: string): string => `(sum(${name}_weight_ms), sum(${name}_tenth_ms_sum),
    minIf(${name}_min, ${name}_weight_ms > 0), maxIf(${name}_max, ${name}_weight_ms > 0)) AS ${name}`

const tallyColumns = 'mos.kind, mos.band, mos.source, mos.codec_row, mos.grounded'
/** Tallies are summed by a number of 52 bits that stands for what they are of: maps by text take five times as long. */
const tallyKeys = `arrayMap((kind_, band_, source_, row_, grounded_) ->
        bitShiftRight(cityHash64(kind_, band_, source_, row_, grounded_), 12), ${tallyColumns})`

const digestQuery = (members: readonly MemberKey[]): string => `
  SELECT tenant, correlation_id, leg_id, toString(kind), toString(direction), stream_id, observer, source, toString(scope) AS scope_name,
    first_ms, last_ms, measured, ${counters.map((name) => `sum_${name}`).join(', ')}, jitter, round_trip, delay,
    widest, highest, cpu, bandwidth, muted, codecs_, named, tallies, least, most, ${runsOf('pieces')} AS runs, until
  FROM (
    SELECT tenant, correlation_id, leg_id, kind, direction, stream_id, observer, toString(source) AS source, scope,
      min(if(empty(runs), toInt64(toUnixTimestamp(minute)) * 1000, runs[1].1)) AS first_ms,
      max(if(empty(runs), toInt64(toUnixTimestamp(minute)) * 1000, arrayMax(run -> run.2, runs))) AS last_ms,
      sum(measured_ms) AS measured,
      ${counters.map((name) => `sumOrNull(${name}) AS sum_${name}`).join(', ')},
      ${timed('jitter')}, ${timed('round_trip')}, ${timed('delay')},
      max(frame_width) AS widest, max(frame_height) AS highest,
      sum(cpu_limited_ms) AS cpu, sum(bandwidth_limited_ms) AS bandwidth, sum(muted_ms) AS muted,
      arraySort(arrayDistinct(arrayFlatten(groupArray(codecs)))) AS codecs_,
      groupUniqArrayArray(arrayMap((key, kind_, band_, source_, row_, grounded_) ->
        (key, toString(kind_), toString(band_), toString(source_), row_, grounded_), ${tallyKeys}, ${tallyColumns})) AS named,
      sumMap(${tallyKeys}, mos.ms, mos.hundredth_ms, mos.extrapolated_ms) AS tallies,
      minMap(${tallyKeys}, mos.min_hundredths) AS least, maxMap(${tallyKeys}, mos.max_hundredths) AS most,
      arraySort(arrayFlatten(groupArray(runs))) AS pieces, min(toUnixTimestamp(raw_until)) AS until
    FROM call_minutes FINAL
    WHERE (tenant, correlation_id) IN ${textKeys(members.map(({ tenant, id }) => [tenant, id]))} AND row_count > 0
    GROUP BY tenant, correlation_id, leg_id, kind, direction, stream_id, observer, source, scope
  )
  ORDER BY tenant, correlation_id, leg_id, kind, direction, stream_id, observer, source, scope`

type Timed = readonly [number, number, number, number]
type Keyed = readonly [readonly number[], ...(readonly number[])[]]
/** What the tallies of a number are of: kind, band, source, codec row, grounded. */
type Named = readonly [key: number, MosKind, MosBand, MosSource, codecRow: string, grounded: 0 | 1]
type Known = number | null

type DigestColumns = [
  ...key: [string, string, string, MediaKind, MediaDirection, string, Observer, string, StreamDigest['scope']],
  ...spans: [number, number, number],
  ...counts: [Known, Known, Known, Known, Known, Known, Known, Known, Known, Known, Known, Known],
  ...timed: [Timed, Timed, Timed],
  ...video: [Known, Known, number, number, number],
  ...rest: [string[], Named[], Keyed, Keyed, Keyed, Run[], number],
]

/**
 * One digest per stream, observer, source and scope of each member, in order of the scopes from the finest on; without
 * those that measured nothing beside one that did. What each of them counts for is judged in quality/.
 */
export async function readDigests(
  client: ClickHouseClient,
  members: readonly MemberKey[],
): Promise<readonly OfMember<StreamDigest>[]> {
  const rows = await rowsOf<DigestColumns>(client, digestQuery(members))
  const digests = new Map<string, OfMember<StreamDigest>[]>()
  for (const columns of rows) {
    const of = columns.slice(0, 8).join('\u0000')
    const own = digests.get(of) ?? []
    const measured = own.filter(({ row }) => row.measuredMs > 0)
    const digest = toDigest(columns)
    if (digest.row.measuredMs > 0) digests.set(of, [...measured, digest])
    else if (own.length === 0) digests.set(of, [digest])
  }
  return [...digests.values()].flat()
}

function toDigest(columns: DigestColumns): OfMember<StreamDigest> {
  const [tenant, correlationId, legId, kind, direction, streamId, observer, source, scope, firstMs, lastMs] = columns
  const measuredMs = columns[11]
  const [received, sent, lost, discarded, expected, concealed, silent, samples, decoded, dropped, freezes, frozenMs] =
    columns.slice(12, 24) as Known[]
  const [jitter, roundTrip, delay, width, height, cpuLimitedMs, bandwidthLimitedMs, mutedMs] = columns.slice(
    24,
    32,
  ) as [Timed, Timed, Timed, Known, Known, number, number, number]
  const [codecs, named, tallies, least, most, runs, until] = columns.slice(32) as [
    string[],
    Named[],
    Keyed,
    Keyed,
    Keyed,
    Run[],
    number,
  ]
  return {
    tenant,
    rawUntilMs: until * 1_000,
    row: {
      correlationId,
      legId,
      kind,
      direction,
      streamId,
      observer,
      source,
      scope,
      firstMs,
      lastMs,
      measuredMs,
      packetsReceived: known(received),
      packetsSent: known(sent),
      packetsLost: known(lost),
      packetsDiscarded: known(discarded),
      packetsExpected: known(expected),
      concealedSamples: known(concealed),
      silentConcealedSamples: known(silent),
      samplesReceived: known(samples),
      jitter: measure(jitter),
      roundTrip: measure(roundTrip),
      oneWayDelay: measure(delay),
      mos: talliesOf(named, tallies, least, most),
      codecs,
      framesDecoded: known(decoded),
      framesDropped: known(dropped),
      freezeCount: known(freezes),
      freezesMs: known(frozenMs),
      frameWidth: known(width),
      frameHeight: known(height),
      cpuLimitedMs,
      bandwidthLimitedMs,
      mutedMs,
      runs: overlaid(runs),
    },
  }
}

const known = (value: Known | undefined): number | undefined => value ?? undefined

const measure = ([weightMs, tenthMs, min, max]: Timed): TimedMeasure | undefined =>
  weightMs === 0 ? undefined : { weightMs, tenthMs, min, max }

/** In order of what they are of, so that equal digests are equal text. */
function talliesOf(
  named: readonly Named[],
  [keys, ms, hundredthMs, extrapolatedMs]: Keyed,
  least: Keyed,
  most: Keyed,
): readonly MosTally[] {
  return [...named].sort(byName).map(([key, kind, band, source, codecRow, grounded]) => {
    const at = keys.indexOf(key)
    return {
      kind,
      band,
      source,
      codecRow,
      grounded: grounded === 1,
      ms: ms?.[at] ?? 0,
      hundredthMs: hundredthMs?.[at] ?? 0,
      minHundredths: least[1]?.[least[0].indexOf(key)] ?? 0,
      maxHundredths: most[1]?.[most[0].indexOf(key)] ?? 0,
      extrapolatedMs: extrapolatedMs?.[at] ?? 0,
    }
  })
}

const nameText = ([, kind, band, source, codecRow, grounded]: Named): string =>
  [kind, band, source, grounded, codecRow].join('|')

const byName = (one: Named, other: Named): number => (nameText(one) < nameText(other) ? -1 : 1)

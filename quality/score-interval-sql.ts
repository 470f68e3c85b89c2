import type { MosBand } from '#contracts/call-record.ts'
import { intervalMask } from '#contracts/interval-mask.ts'
import { type CodecRow, codecAliases, codecDelayMs, normalizeCodecNameSql, withOverrides } from './codecs.ts'
import { scales } from './e-model-bands.ts'
import { eModelSql, literal } from './e-model-sql.ts'
import type { Limits, QualityProfile } from './profile.ts'
import { assumedJitterBufferMs } from './score-interval.ts'

/** One column of a layer. */
export interface ScoredColumn {
  readonly name: string
  readonly expression: string
}

/** Columns that the first layers read, one interval per row; counts and tenths of a millisecond, NULL where unknown. */
export const scoringInputs = [
  'kind',
  'codec',
  'early',
  'packets_received',
  'packets_lost',
  'packets_discarded',
  'jitter_tenth_ms',
  'round_trip_tenth_ms',
  'one_way_delay_tenth_ms',
  'jitter_buffer_tenth_ms',
  'concealed_samples',
  'silent_concealed_samples',
  'samples_received',
  'burst_ratio_hundredths',
  'frames_decoded',
] as const

/**
 * Settings that every query with scoring layers must run under. ClickHouse otherwise evaluates the branches of `if` only
 * where taken, and then again for every use: 3 million intervals took 6.3 s instead of 0.8 s. No branch here can throw.
 */
export const scoringSettings = { short_circuit_function_evaluation: 'disable' } as const

/** Columns that the last layer has added, besides working columns named `score_...`. */
export const scoringOutputs = [
  'codec_row',
  'band',
  'grounded',
  'mos_listening',
  'mos_conversational',
  'extrapolated',
  'delay_estimated',
  'mask',
] as const

const column = (name: string, expression: string): ScoredColumn => ({ name, expression })
/** A stored column as Float64, NaN where NULL: inside the score every comparison with the unknown is then false. */
const known = (name: string) => column(`score_${name}`, `ifNull(toFloat64(${name}), nan)`)
const text = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const list = (values: readonly string[]) => `[${values.join(', ')}]`

/**
 * The scoring of intervals as SQL: layer n uses only columns of the input and of layers before it, so that
 * `SELECT *, <layer> FROM (...)` nested once per layer computes each expression once. Same tables, formulas and
 * thresholds as createIntervalScorer; no value of a row is written twice.
 */
export function scoringLayers(profile: QualityProfile): readonly (readonly ScoredColumn[])[] {
  const rows = withOverrides(profile.codecs)
  return [
    inputLayer(rows),
    lossLayer(rows),
    codecLayer(rows),
    impairmentLayer(),
    ratingLayer(),
    mosLayer(),
    resultLayer(),
    [maskColumn(profile)],
  ]
}

/** A whole query over `source` (a table or subquery in brackets): its columns, then those of every layer. */
export function scoringQuery(profile: QualityProfile, source: string): string {
  return scoringLayers(profile).reduce((inner, layer) => {
    const columns = layer.map(({ name, expression }) => `${expression} AS ${name}`)
    return `(SELECT *, ${columns.join(', ')} FROM ${inner})`
  }, source)
}

function inputLayer(rows: readonly CodecRow[]): readonly ScoredColumn[] {
  const numbers = scoringInputs.filter((name) => !['kind', 'codec', 'early'].includes(name))
  const aliases = [...codecAliases(rows)]
  const names = list(aliases.map(([alias]) => text(alias)))
  const keys = list(aliases.map(([, { key }]) => text(key)))
  // LowCardinality: names are then normalised and looked up once per distinct spelling of a block, not once per row.
  const normalized = normalizeCodecNameSql("toLowCardinality(ifNull(toString(codec), ''))")
  return [
    ...numbers.map(known),
    column('score_audio', "toString(kind) = 'audio'"),
    column('score_named_row', `transform(${normalized}, ${names}, ${keys}, '')`),
  ]
}

function lossLayer(rows: readonly CodecRow[]): readonly ScoredColumn[] {
  const lost = 'if(score_packets_lost < 0, 0., score_packets_lost)'
  const concealing = rows.flatMap(({ key, concealing: other }) => (other === undefined ? [] : [{ key, other }]))
  const from = list(concealing.map(({ key }) => text(key)))
  const to = list(concealing.map(({ other }) => text(other)))
  const conceals = `transform(score_named_row, ${from}, ${to}, score_named_row)`
  return [
    column('score_expected', `score_packets_received + ${lost}`),
    column('score_lost', `${lost} + if(isNaN(score_packets_discarded), 0., score_packets_discarded)`),
    column('codec_row', `multiIf(NOT score_audio, '', isNaN(score_concealed_samples), score_named_row, ${conceals})`),
  ]
}

function codecLayer(rows: readonly CodecRow[]): readonly ScoredColumn[] {
  const keys = list(rows.map(({ key }) => text(key)))
  const lookUp = (name: string, pick: (row: CodecRow) => string, unknown: string) =>
    column(name, `transform(codec_row, ${keys}, ${list(rows.map(pick))}, ${unknown})`)
  return [
    column('score_bad', 'if(score_lost > score_expected, score_expected, score_lost)'),
    lookUp('band', ({ band }) => text(band), "''"),
    lookUp('grounded', ({ grounded }) => (grounded ? '1' : '0'), '0'),
    lookUp('score_ie', ({ ie }) => literal(ie ?? Number.NaN), 'nan'),
    lookUp('score_bpl', ({ bpl }) => literal(bpl ?? Number.NaN), 'nan'),
    lookUp('score_codec_delay', (row) => literal(codecDelayMs(row)), 'nan'),
  ]
}

function impairmentLayer(): readonly ScoredColumn[] {
  const buffer = `if(isNaN(score_jitter_buffer_tenth_ms), ${literal(assumedJitterBufferMs)}, score_jitter_buffer_tenth_ms / 10)`
  const estimated = `score_round_trip_tenth_ms / 20 + (score_codec_delay + ${buffer})`
  return [
    // Nothing heard, no opinion: an interval without a packet has loss, but no MOS.
    column(
      'score_ppl',
      'if(score_packets_received > 0 AND score_expected > 0, (100 * score_bad) / score_expected, nan)',
    ),
    column('score_burst', 'if(isNaN(score_burst_ratio_hundredths), 1., score_burst_ratio_hundredths / 100)'),
    column('score_ta', `if(isNaN(score_one_way_delay_tenth_ms), ${estimated}, score_one_way_delay_tenth_ms / 10)`),
    column(
      'score_top',
      byBand(({ top }) => top),
    ),
  ]
}

function byBand(pick: (scale: (typeof scales)[MosBand]) => number): string {
  return `multiIf(band = 'N', ${literal(pick(scales.N))}, band = 'W', ${literal(pick(scales.W))}, ${literal(pick(scales.F))})`
}

function ratingLayer(): readonly ScoredColumn[] {
  const loss = { ie: 'score_ie', bpl: 'score_bpl', ppl: 'score_ppl', burstR: 'score_burst', top: 'score_top' }
  return [
    column('score_rating', `${byBand(({ best }) => best)} - ${eModelSql.effectiveEquipmentImpairment(loss)}`),
    column('score_talker', eModelSql.talkerEcho('score_ta')),
    column('score_listener', eModelSql.listenerEcho('score_ta')),
    column('score_idd', eModelSql.absoluteDelay('score_ta')),
    column(
      'score_divisor',
      byBand(({ divisor }) => divisor),
    ),
  ]
}

function mosLayer(): readonly ScoredColumn[] {
  const narrow = 'if(score_talker < 0, 0., score_talker) + score_listener + score_idd'
  const delay = `multiIf(band = 'N', ${narrow}, band = 'F', ${literal(scales.F.divisor)} * score_idd, nan)`
  return [
    column('score_r_listening', 'score_rating / score_divisor'),
    column('score_r_conversational', `(score_rating - (${delay})) / score_divisor`),
  ]
}

function resultLayer(): readonly ScoredColumn[] {
  // 0 stands for unknown until the last step: no MOS is below 100 hundredths.
  const hundredths = (mos: string) => `toUInt16(ifNotFinite(floor(100 * (${mos}) + 0.5), 0))`
  const conversational = hundredths(eModelSql.rToMos('score_r_conversational'))
  return [
    column('mos_listening', `nullIf(${hundredths(eModelSql.rToMos('score_r_listening'))}, 0)`),
    column('mos_conversational', `nullIf(${conversational}, 0)`),
    column('extrapolated', 'NOT isNaN(score_rating) AND score_burst > 2 AND score_ppl >= 2'),
    column('delay_estimated', 'NOT isNaN(score_r_conversational) AND isNaN(score_one_way_delay_tenth_ms)'),
  ]
}

/** Bits of contracts/interval-mask.ts, each comparison as in interval-thresholds.ts. */
function maskColumn(profile: QualityProfile): ScoredColumn {
  const media = 'score_packets_received > 0 OR (NOT score_audio AND score_frames_decoded > 0)'
  const concealed =
    'score_concealed_samples - if(isNaN(score_silent_concealed_samples), 0., score_silent_concealed_samples)'
  const network = [
    shareBits('score_bad', 'score_expected', profile.lossBasisPoints, intervalMask.lossDegraded),
    // Without a packet there is no jitter: what is reported then is a gauge that kept its last value.
    `(score_packets_received != 0) * (${valueBits('score_jitter_tenth_ms', profile.jitterTenthMs, intervalMask.jitterDegraded)})`,
    valueBits('score_round_trip_tenth_ms', profile.roundTripTenthMs, intervalMask.roundTripDegraded),
  ]
  const audio = [
    shareBits(
      `(${concealed})`,
      'score_samples_received',
      profile.concealmentBasisPoints,
      intervalMask.concealmentDegraded,
    ),
    `(grounded = 1) * (${mosBits(profile)})`,
  ]
  const blind = `${intervalMask.blind} * (NOT (${judgeable(profile).join(' OR ')}))`
  const judged = `${blind} + ${network.join(' + ')} + score_audio * (${audio.join(' + ')})`
  return column(
    'mask',
    `toUInt16(${intervalMask.media} * (${media}) + if(early = 1, ${intervalMask.early}, ${judged}))`,
  )
}

/** As isJudgeable in interval-thresholds.ts, one condition for each measure that has limits. */
function judgeable({
  lossBasisPoints,
  jitterTenthMs,
  roundTripTenthMs,
  concealmentBasisPoints,
}: QualityProfile): readonly string[] {
  const when = (limits: Limits | undefined, condition: string) => (limits === undefined ? [] : [`(${condition})`])
  return [
    '0',
    ...when(lossBasisPoints, 'score_expected > 0'),
    ...when(jitterTenthMs, 'NOT isNaN(score_jitter_tenth_ms) AND score_packets_received != 0'),
    ...when(roundTripTenthMs, 'NOT isNaN(score_round_trip_tenth_ms)'),
    ...when(
      concealmentBasisPoints,
      'score_audio AND NOT isNaN(score_concealed_samples) AND score_samples_received > 0',
    ),
  ]
}

/**
 * In every measure the poor bit is twice the degraded bit (interval-mask.ts), and poor carries both. Sums of comparisons:
 * branches of `multiIf` would all be computed and then picked from, which took longer than the score.
 */
const bits = (bit: number, degraded: string, poor: string): string => `${bit} * (${degraded}) + ${2 * bit} * (${poor})`

function shareBits(part: string, whole: string, limits: Limits | undefined, bit: number): string {
  if (limits === undefined) return '0'
  const { degraded, poor } = limits
  const reaches = (limit: number) => `${whole} > 0 AND ${part} * 10000 >= ${limit} * ${whole}`
  return bits(bit, reaches(Math.min(degraded, poor)), reaches(poor))
}

function valueBits(value: string, limits: Limits | undefined, bit: number): string {
  if (limits === undefined) return '0'
  const { degraded, poor } = limits
  return bits(bit, `${value} >= ${Math.min(degraded, poor)}`, `${value} >= ${poor}`)
}

function mosBits({ mosHundredths }: QualityProfile): string {
  const mos = 'ifNull(coalesce(mos_conversational, mos_listening), 65535)'
  const below = (pick: (limits: Limits) => number) => {
    // No MOS is below 0: a band without limits is never judged.
    const of = (band: MosBand) => (mosHundredths[band] === undefined ? 0 : pick(mosHundredths[band]))
    return `${mos} < multiIf(band = 'N', ${of('N')}, band = 'W', ${of('W')}, ${of('F')})`
  }
  return bits(
    intervalMask.mosDegraded,
    below(({ degraded, poor }) => Math.max(degraded, poor)),
    below(({ poor }) => poor),
  )
}

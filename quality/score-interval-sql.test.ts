import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { codecRows } from './codec-rows.ts'
import { findCodec } from './codecs.ts'
import { eModelSql } from './e-model-sql.ts'
import { worstOf } from './interval-thresholds.ts'
import { defaultProfile, qualityProfile } from './profile.ts'
import { createIntervalScorer, type MeasuredInterval } from './score-interval.ts'
import { scoringInputs, scoringLayers, scoringOutputs, scoringQuery, scoringSettings } from './score-interval-sql.ts'
import { intervalsAsTable, openMemoryWarehouse } from './scoring-for-tests.ts'
import { vendorProfiles } from './vendor-profiles.ts'

const warehouse = openMemoryWarehouse()
afterAll(() => warehouse.close())

async function query<Row>(sql: string): Promise<Row[]> {
  return (
    await warehouse.query({ query: sql, format: 'JSONEachRow', clickhouse_settings: scoringSettings })
  ).json<Row>()
}

const maybe = (arbitrary: fc.Arbitrary<number>) => fc.option(arbitrary, { nil: undefined, freq: 4 })
const count = (max: number) => maybe(fc.oneof(fc.nat(max), fc.constantFrom(0, 1, 2, 3, max)))
const names = [
  'PCMU',
  'pcma/8000',
  'G.711 A-Law',
  'g729',
  'G729/8000;annexb=no',
  'audio/opus',
  'opus/48000/2',
  'AMR-WB/12.65',
  'EVS 48',
]
const strange = ['', 'CN', 'telephone-event', 'ISAC', "d'oh\\", 'Ж-law', 'K', ';;annexb=no', 'pcmu = 1']
const codec = fc.constantFrom(...names, ...strange, ...codecRows.map(({ key }) => key))
const interval: fc.Arbitrary<MeasuredInterval> = fc.record({
  kind: fc.constantFrom('audio', 'audio', 'audio', 'video'),
  codec,
  early: fc.constantFrom(false, false, false, true),
  packetsReceived: count(500),
  packetsLost: maybe(fc.oneof(fc.integer({ min: -20, max: 60 }), fc.nat(500))),
  packetsDiscarded: count(60),
  jitterTenthMs: count(900),
  roundTripTenthMs: maybe(fc.oneof(fc.nat(9_000), fc.nat(60_000))),
  oneWayDelayTenthMs: maybe(fc.oneof(fc.nat(30), fc.nat(5_000), fc.nat(60_000))),
  jitterBufferTenthMs: count(3_000),
  concealedSamples: count(9_000),
  silentConcealedSamples: count(9_000),
  samplesReceived: count(48_000),
  burstRatioHundredths: maybe(fc.integer({ min: 1, max: 1_000 })),
  framesDecoded: count(30),
})

interface SqlRow {
  readonly codec_row: string
  readonly band: string
  readonly grounded: number
  readonly mos_listening: number | null
  readonly mos_conversational: number | null
  readonly extrapolated: number
  readonly delay_estimated: number
  readonly mask: number
  readonly listening: number | null
  readonly conversational: number | null
}

async function scoreInSql(intervals: readonly MeasuredInterval[], profile = defaultProfile): Promise<SqlRow[]> {
  const listening = eModelSql.rToMos('score_r_listening')
  const conversational = eModelSql.rToMos('score_r_conversational')
  const outputs = `${scoringOutputs.join(', ')}, ${listening} AS listening, ${conversational} AS conversational`
  return query(`SELECT ${outputs} FROM ${scoringQuery(profile, intervalsAsTable(intervals))} ORDER BY n`)
}

const nearTie = (mos: number) => Math.abs(100 * mos + 0.5 - Math.round(100 * mos + 0.5)) < 1e-4

function expectAlike(one: MeasuredInterval, sql: SqlRow | undefined, profile = defaultProfile): void {
  const score = createIntervalScorer(profile)(one)
  expect({ row: sql?.codec_row, band: sql?.band, grounded: sql?.grounded }).toEqual({
    row: score.codecRow,
    band: score.band,
    grounded: Number(score.grounded),
  })
  expect(Math.abs((sql?.listening ?? 0) - (Number.isNaN(score.listening) ? 0 : score.listening))).toBeLessThanOrEqual(
    1e-9,
  )
  expect(
    Math.abs((sql?.conversational ?? 0) - (Number.isNaN(score.conversational) ? 0 : score.conversational)),
  ).toBeLessThanOrEqual(1e-9)
  expect(sql?.extrapolated).toBe(Number(score.extrapolated))
  expect(sql?.delay_estimated).toBe(Number(score.delayEstimated))
  if (nearTie(score.listening) || nearTie(score.conversational)) return
  expect(sql?.mos_listening ?? undefined).toBe(score.mosListening)
  expect(sql?.mos_conversational ?? undefined).toBe(score.mosConversational)
  expect(sql?.mask).toBe(score.mask)
}

describe('the scorer in SQL', () => {
  test('agrees with the one in TypeScript on whatever was measured, and on whatever was not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(interval, { minLength: 600, maxLength: 600 }), async (intervals) => {
        const rows = await scoreInSql(intervals)
        expect(rows).toHaveLength(intervals.length)
        for (const [index, one] of intervals.entries()) expectAlike(one, rows[index])
      }),
      { numRuns: 6, endOnFailure: true },
    )
  })

  test("agrees under a tenant's own thresholds and codec values", async () => {
    const profile = qualityProfile.parse({
      ...defaultProfile,
      version: 'own-1',
      lossBasisPoints: { degraded: 37, poor: 91 },
      mosHundredths: { ...defaultProfile.mosHundredths, F: { degraded: 410, poor: 390 } },
      codecs: [
        { row: 'Opus', ie: 7.25, bpl: 11 },
        { row: 'G.722', ie: 13 },
      ],
    })
    const intervals = fc.sample(interval, { numRuns: 300, seed: 7 })
    const rows = await scoreInSql(intervals, profile)
    for (const [index, one] of intervals.entries()) expectAlike(one, rows[index], profile)
  })

  test('agrees where a profile judges only some measures, or none', async () => {
    const { lossBasisPoints, jitterTenthMs, roundTripTenthMs, concealmentBasisPoints, ...rest } = defaultProfile
    const nothing = qualityProfile.parse({ ...rest, version: 'none-1', mosHundredths: {} })
    const onlyNarrow = qualityProfile.parse({ ...nothing, mosHundredths: { N: defaultProfile.mosHundredths.N } })
    const intervals = fc.sample(interval, { numRuns: 300, seed: 11 })
    for (const profile of [nothing, onlyNarrow, ...vendorProfiles.map((vendor) => vendor.profile)]) {
      const rows = await scoreInSql(intervals, profile)
      for (const [index, one] of intervals.entries()) expectAlike(one, rows[index], profile)
      if (profile === nothing) expect(rows.filter(({ mask }) => worstOf(mask) > 0)).toEqual([])
    }
  })

  test('finds the codec row of every known spelling, as TypeScript does', async () => {
    const spellings = [...names, ...strange, ...codecRows.flatMap(({ key, names: more }) => [key, ...more])]
    const intervals = spellings.map((name): MeasuredInterval => ({ kind: 'audio', codec: name, early: false }))
    const rows = await scoreInSql(intervals)
    expect(rows.map(({ codec_row: row }) => row)).toEqual(spellings.map((name) => findCodec(name)?.key ?? ''))
  })

  test('uses in each layer only the input and what earlier layers made', () => {
    const seen = new Set<string>(scoringInputs)
    for (const layer of scoringLayers(defaultProfile)) {
      for (const { expression } of layer) {
        const used = expression.replace(/'[^']*'/g, '').match(/\b(score_\w+|codec_row|band|grounded|mos_\w+)\b/g) ?? []
        expect(used.filter((name) => !seen.has(name))).toEqual([])
      }
      for (const { name } of layer) seen.add(name)
    }
    expect(scoringOutputs.filter((name) => !seen.has(name))).toEqual([])
  })
})

describe('the formulas in SQL', () => {
  test('turn R into the MOS printed in annex B, and stay within 1 and 4.5', async () => {
    const [row] = await query<{ mos: number[] }>(
      `SELECT arrayMap(r -> ${eModelSql.rToMos('r')}, [90., 80., 70., 60., 50., 3., -40., 120.]) AS mos`,
    )
    expect(row?.mos.map((mos) => mos.toFixed(2))).toEqual([
      '4.34',
      '4.02',
      '3.60',
      '3.10',
      '2.58',
      '1.00',
      '1.00',
      '4.50',
    ])
  })

  test('give the delay impairment of the check table', async () => {
    const id = `greatest(${eModelSql.talkerEcho('t')}, 0) + ${eModelSql.listenerEcho('t')} + ${eModelSql.absoluteDelay('t')}`
    const [row] = await query<{ id: number[] }>(`SELECT arrayMap(t -> ${id}, [0., 100., 150., 400.]) AS id`)
    expect(row?.id.map((value) => value.toFixed(2))).toEqual(['0.15', '2.69', '3.82', '31.11'])
  })

  test('give Ie,eff of the worked examples and the fullband check row', async () => {
    const effective = (ie: number, bpl: number, ppl: number, burst: number, top = 95) =>
      eModelSql.effectiveEquipmentImpairment({
        ie: `${ie}.`,
        bpl: `${bpl}`,
        ppl: `${ppl}.`,
        burstR: `${burst}.`,
        top: `${top}.`,
      })
    const [row] = await query<{ ie: number[] }>(
      `SELECT [${effective(11, 19, 2, 1)}, ${effective(0, 25.1, 2, 1)}, ${effective(0, 4.3, 2, 2)}] AS ie`,
    )
    expect(row?.ie.map((value) => value.toFixed(1))).toEqual(['19.0', '7.0', '35.8'])
    const evs = [0, 1, 2, 5, 10].map(
      (lost): MeasuredInterval => ({
        kind: 'audio',
        codec: 'EVS 48',
        early: false,
        packetsReceived: 100 - lost,
        packetsLost: lost,
      }),
    )
    const rows = await scoreInSql(evs)
    expect(rows.map(({ mos_listening: mos }) => mos)).toEqual([441, 421, 398, 335, 263])
  })
})

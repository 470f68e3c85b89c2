import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWarehouse, type TestWarehouse } from '#tests/warehouse.ts'
import { beforeBrackets, isAllowedFunction } from './sql-functions.ts'

/** Categories of `system.functions` looked through name by name, and what of them is left out on purpose. */
const leftOut: Readonly<Record<string, string>> = {
  'Aggregate Functions': `
    aggThrow categoricalInformationValue contingency cramersV cramersVBiasCorrected distinctDynamicTypes
    distinctJSONPaths distinctJSONPathsAndTypes estimateCompressionRatio flameGraph groupFormat
    groupNumericIndexedVector nothing nothingNull nothingUInt64 quantilePrometheusHistogram quantilesPrometheusHistogram
    sequenceNextNode theilsU`,
  Arithmetic: `
    byteSwap moduloLegacy`,
  Arrays: `
    arrayPartialShuffle arrayRandomSample arrayShuffle randomHadamardTransform`,
  Comparison: `
    globalInIgnoreSet globalNotInIgnoreSet globalNotNullIn globalNotNullInIgnoreSet globalNullIn globalNullInIgnoreSet
    inIgnoreSet notInIgnoreSet notNullInIgnoreSet nullInIgnoreSet`,
  'Dates and Times': `
    nowInBlock nowInBlock64 serverTimezone timezone`,
  JSON: `
    dynamicElement dynamicType isDynamicElementInSharedData JSONDynamicPaths JSONDynamicPathsWithTypes
    JSONSharedDataPaths JSONSharedDataPathsWithTypes`,
  Mathematical: `
    proportionsZTest`,
  Other: `
    authenticatedUser blockNumber blockSerializedSize blockSize buildId catboostEvaluate colorOKLABToSRGB
    colorOKLCHToSRGB colorSRGBToOKLAB colorSRGBToOKLCH connectionId currentDatabase currentProfiles currentQueryID
    currentRoles currentSchemas currentUser defaultProfiles defaultRoles defaultValueOfArgumentType
    defaultValueOfTypeName displayName dumpColumnStructure enabledProfiles enabledRoles errorCodeToName file
    filesystemAvailable filesystemCapacity filesystemUnreserved flipCoordinates formatQuery formatQueryOrNull
    formatQuerySingleLine formatQuerySingleLineOrNull FQDN fuzzQuery generateRandomStructure generateSerialID
    getClientHTTPHeader getMacro getMaxTableNameLengthForDatabase getMergeTreeSetting getOSKernelVersion getServerPort
    getServerSetting getSetting getSettingOrDefault getSizeOfEnumType getSubcolumn getTypeSerializationStreams
    globalVariable hasColumnInTable hasThreadFuzzer highlightQuery hostName icebergBucket icebergTruncate indexHint
    initializeAggregation initialQueryID initialQueryStartTime joinGet joinGetOrNull lowCardinalityIndices
    lowCardinalityKeys neighbor normalizedQueryHash normalizedQueryHashKeepNames normalizeQuery normalizeQueryKeepNames
    obfuscateQuery obfuscateQueryWithSeed partitionId queryID revision runningConcurrency serverUUID shardCount shardNum
    showCertificate sleep sleepEachRow structureToCapnProtoSchema structureToProtobufSchema tcpPort throwIf
    tokenizeQuery transactionID transactionLatestSnapshot transactionOldestSnapshot uptime version
    zookeeperSessionUptime`,
  String: `
    chdb convertCharset sparseGrams sparseGramsHashes sparseGramsHashesUTF8 sparseGramsUTF8`,
  'String Search': `
    highlight`,
  'String Splitting': `
    naiveBayesNgrams tokensForLikePattern`,
  'Type Conversion': `
    formatRow formatRowNoNewline`,
  UUID: `
    dateTimeToUUIDv7 generateSnowflakeID generateUUIDv4 generateUUIDv7`,
}

/** Categories of which nothing is allowed but what the list names: exotic, or reaching beyond their arguments. */
const leftOutWhole = `AI, Bitmap, Dictionary, Distance, Embedded Dictionary, Encoding, Encryption, Financial, Geo, Geo Polygon, Hash,
  Internal, Introspection, Machine Learning, NumericIndexedVector, QBit, Random Number, Time Series, Time Window`

interface EngineFunction {
  readonly name: string
  readonly category: string
  readonly aliasOf: string
}

let warehouse: TestWarehouse
let functions: readonly EngineFunction[]
beforeAll(async () => {
  warehouse = await startWarehouse()
  const rows = await warehouse.rows<[string, string, string]>('SELECT name, categories, alias_to FROM system.functions')
  functions = rows.map(([name, category, aliasOf]) => ({ name, category, aliasOf }))
})
afterAll(() => warehouse?.stop())

const words = (text: string, between = /\s+/): readonly string[] => text.trim().split(between)

describe('the functions of the engine', () => {
  test('have all been looked at: an upgrade shows here what is new, to be allowed or left out', () => {
    const whole = new Set(words(leftOutWhole, /,\s+/))
    const judged = new Map(Object.entries(leftOut).map(([category, names]) => [category, new Set(words(names))]))
    const fresh = functions.filter(({ name, category, aliasOf }) => {
      const known = isAllowedFunction(name) || whole.has(category) || judged.get(category)?.has(name) === true
      return aliasOf === '' && !known && !name.startsWith('timeSeries')
    })
    expect(fresh).toEqual([])
    const both = [...judged.values()].flatMap((names) => [...names]).filter(isAllowedFunction)
    expect(both).toEqual([])
  })

  test('are allowed under another name only where they are allowed', () => {
    const aliases = functions.filter(({ aliasOf }) => aliasOf !== '')
    const unlike = aliases.filter(({ name, aliasOf }) => isAllowedFunction(name) && !isAllowedFunction(aliasOf))
    expect(unlike).toEqual([])
    expect(aliases.filter(({ name }) => isAllowedFunction(name)).length).toBeGreaterThan(100)
  })

  test('are none of those words of the language that a bracket may follow, unless they are allowed', () => {
    const unlike = functions.filter(({ name }) => beforeBrackets.has(name.toLowerCase()) && !isAllowedFunction(name))
    expect(unlike).toEqual([])
  })

  test('and of aggregates all that there is behind their names', async () => {
    const rows = await warehouse.rows<[string]>('SELECT name FROM system.aggregate_function_combinators')
    expect(rows.filter(([combinator]) => !isAllowedFunction(`sum${combinator}`))).toEqual([])
  })
})

test.each(
  words(`count countIf COUNTIF avgIf sumArrayIf quantiles quantilesTDigestIf uniqExactMerge uniqState argMaxIf sumOrNull
    quantileExactWeightedIfOrNull sumMapMerge row_number lagInFrame dense_rank toStartOfHour TOSTARTOFHOUR date_trunc dateDiff
    formatDateTime arrayJoin arrayMap JSONExtractString jsonextractstring JSON_VALUE if multiIf coalesce ifNull bar toUInt64OrNull
    replaceRegexpAll splitByChar tupleElement cityHash64 IPv4NumToString greatest`),
)('%s may be called', (name) => {
  expect(isAllowedFunction(name)).toBe(true)
})

test.each(
  words(`hasColumnInTable HASCOLUMNINTABLE reverseDNSQuery file FILE url dictGet dictGetOrDefault dictHas joinGet getSetting
    getSettingOrDefault getMacro getServerSetting getClientHTTPHeader sleep sleepEachRow SLEEP catboostEvaluate evalMLMethod
    executable addressToLine logTrace currentUser user hostName FQDN tcpPort serverUUID filesystemAvailable zookeeperSessionUptime
    showCertificate aiGenerate regionToName numbers remote s3 mysql view viewIfPermitted sleepIf fileMerge dictGetState State
    ifIf generateSerialID initializeAggregation encrypt decrypt`),
)('%s may not', (name) => {
  expect(isAllowedFunction(name)).toBe(false)
})

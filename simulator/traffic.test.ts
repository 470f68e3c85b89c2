import { expect, test } from 'vitest'
import { bodyOf, parseLine, type SimulatedMessage, simulateTraffic, type TrafficOptions, toLine } from './index.ts'
import { scenarioNames } from './scenarios/index.ts'
import { isRecord, readSamples, validate } from './testing.ts'

const startMs = Date.UTC(2026, 2, 4, 9)
const mixed: TrafficOptions = { seed: 7, calls: 60, startMs, concurrent: 40 }

function run(options: TrafficOptions) {
  const traffic = simulateTraffic(options)
  const messages = [...traffic.messages]
  return { messages, truth: traffic.truth() }
}

test('every message is valid by the published schemas', () => {
  const { messages } = run({ ...mixed, calls: 200 })
  expect(messages.flatMap(validate)).toEqual([])
})

test('every kind of call occurs, and every delivery fault', () => {
  const { truth } = run({ ...mixed, calls: 500, scenarios: scenarioNames.filter((name) => name !== 'long_call') })
  expect(new Set(truth.calls.map(({ scenario }) => scenario)).size).toBe(scenarioNames.length - 1)
  const faults = new Set(truth.calls.flatMap((call) => call.faults))
  expect([...faults].sort()).toEqual([
    'clock_skew',
    'counter_restart',
    'duplicates',
    'late_carrier',
    'late_codec',
    'late_link',
    'late_start',
    'measurement_gap',
    'nil_ids',
    'reordering',
  ])
})

test('the same seed gives the same bytes, another seed other bytes', () => {
  const bytes = (seed: number) =>
    run({ ...mixed, seed, calls: 40 })
      .messages.map(toLine)
      .join('\n')
  expect(bytes(7)).toBe(bytes(7))
  expect(bytes(8)).not.toBe(bytes(7))
})

test('a call is the same whatever else is played beside it', () => {
  const linesOf = (calls: number) => {
    const { messages, truth } = run({ ...mixed, calls, faults: 'none' })
    const first = truth.calls.find(({ index }) => index === 0)
    return messages.filter(({ key }) => first?.correlationIds.includes(key ?? '')).map(toLine)
  }
  expect(linesOf(30)).toEqual(linesOf(3))
})

test('messages come in the order in which they reach the log, none before it happened', () => {
  const { messages } = run(mixed)
  let lastMs = 0
  for (const { dueMs, atMs } of messages) {
    expect(dueMs).toBeGreaterThanOrEqual(lastMs)
    expect(dueMs).toBeGreaterThanOrEqual(atMs)
    lastMs = dueMs
  }
})

test('without delivery faults nothing is delivered twice, and each call is in order of time', () => {
  const { messages, truth } = run({ ...mixed, faults: 'none', scenarios: ['healthy', 'not_answered'] })
  expect(truth.totals.duplicates).toBe(0)
  expect(new Set(messages.map(bodyOf)).size).toBe(messages.length)
  const onTheWayMs = 500
  let newestMs = 0
  for (const { atMs } of messages.filter(({ topic }) => topic === 'quality-samples')) {
    newestMs = Math.max(newestMs, atMs)
    expect(newestMs - atMs).toBeLessThan(onTheWayMs)
  }
})

test('a duplicate is the same message to the byte', () => {
  const { messages, truth } = run({ ...mixed, faults: { duplicates: 1 } })
  const samples = readSamples(messages)
  const contents = new Map(samples.map(({ identity, body }) => [identity, body]))
  expect(samples.length).toBeGreaterThan(contents.size)
  for (const { identity, body } of samples) expect(contents.get(identity)).toBe(body)
  expect(truth.totals.duplicates).toBeGreaterThan(300)
})

test('a call that began yesterday brings its past at once when it arrives', () => {
  const { messages, truth } = run({ ...mixed, calls: 1, scenarios: ['long_call'] })
  const [call] = truth.calls
  expect((call?.endedMs ?? 0) - (call?.startedMs ?? 0)).toBeGreaterThan(86_400_000)
  expect(messages.every(({ dueMs }) => dueMs >= startMs)).toBe(true)
  expect(messages.filter(({ dueMs }) => dueMs < startMs + 1_000).length).toBeGreaterThan(messages.length * 0.6)
})

test('only open calls are held in memory: a call is forgotten once it is told', () => {
  let told = 0
  let open = 0
  const traffic = simulateTraffic({ ...mixed, calls: 20_000, concurrent: 30, onCall: () => told++ })
  for (const message of traffic.messages) {
    open = Math.max(open, traffic.truth().totals.calls - told)
    if (told > 200 && message.topic === 'cdr-events') break
  }
  expect(traffic.truth().calls).toEqual([])
  expect(open).toBeLessThan(120)
})

test('what is malformed is counted by the reason for which it must be refused', () => {
  const { messages, truth } = run({ ...mixed, poison: 0.04 })
  const dead = Object.values(truth.totals.dead).reduce((sum, count) => sum + count, 0)
  const spoilt = messages.filter(({ headers }) => headers['content-type'] === undefined)
  expect(dead).toBe(spoilt.length)
  expect(Object.keys(truth.totals.dead).sort()).toEqual([
    'invalid_schema',
    'malformed_json',
    'too_old',
    'unknown_tenant',
    'unknown_type',
  ])
  const refused = spoilt.filter((message) => validate(message).length > 0).length
  const byTenantOrTime = (truth.totals.dead.unknown_tenant ?? 0) + (truth.totals.dead.too_old ?? 0)
  expect(refused).toBe(dead - byTenantOrTime)
})

test('a hub is one id on more than 64 calls, and every one of them says so', () => {
  const { messages, truth } = run({ ...mixed, calls: 140, hubCalls: 70 })
  const members = truth.calls.filter(({ findings }) => findings.includes('hub_link_ignored'))
  expect(members.length).toBe(70)
  const carriers = new Set(messages.filter((message) => bodyOf(message).includes('b2bua-0001')).map(({ key }) => key))
  expect(carriers.size).toBe(70)
  expect(new Set(members.map(({ tenant }) => tenant))).toEqual(new Set(['acme']))
})

test('lines are read back as they were written', () => {
  const { messages } = run({ ...mixed, calls: 5, poison: 0.05 })
  const readBack = messages.map((message, at) => parseLine(toLine(message), at + 1))
  const written = messages.map(({ topic, key, headers, value }: SimulatedMessage) => ({ topic, key, headers, value }))
  expect(readBack.map((line) => (line.type === 'message' ? toLine(line.message) : line.detail))).toEqual(
    written.map(toLine),
  )
})

test.each([
  ['{"topic":', 'is not JSON'],
  ['[1]', 'must be an object {topic, key, headers, value}'],
  ['{"topic":"","value":{}}', 'topic must be a non-empty string'],
  ['{"topic":"call-events","key":5,"value":{}}', 'key must be a string or null'],
  ['{"topic":"call-events","headers":{"a":1},"value":{}}', 'headers must be an object of strings'],
  ['{"topic":"call-events","value":7}', 'value must be an object, or a string taken as it is'],
  ['{"topic":"call-events","value":{},"offset":1}', 'has a key beyond topic, key, headers and value'],
])('a bad line says where and why: %s', (text, detail) => {
  expect(parseLine(text, 12)).toEqual({ type: 'refused', line: 12, detail: `line 12: ${detail}` })
})

test.each([
  [{ scenarios: ['nonsense'] }, /no scenario named nonsense/],
  [{ tenants: ['nobody'] }, /no tenant named nobody/],
  [{ intervalMs: 100 }, /intervalMs must lie between/],
  [{ hubCalls: 10 }, /hubCalls must be at least 66/],
])('options that cannot be meant are refused: %o', (options, message) => {
  expect(() => run({ ...mixed, ...options })).toThrow(message)
})

test('an OTLP batch mixes many calls, and some logs name only the trace', () => {
  const { messages } = run(mixed)
  const logs = messages.filter(({ topic }) => topic === 'app-logs').map(bodyOf)
  const callsIn = (body: string) => new Set(body.match(/"correlation_id","value":\{"stringValue":"[^"]+"/g) ?? []).size
  expect(Math.max(...logs.map(callsIn))).toBeGreaterThan(2)
  const records = logs.flatMap((body) => readRecords(JSON.parse(body)))
  const onlyTrace = records.filter((text) => text.includes('"traceId"') && !text.includes('correlation_id'))
  expect(onlyTrace.length).toBeGreaterThan(50)
})

function readRecords(request: unknown): readonly string[] {
  if (!isRecord(request) || !Array.isArray(request.resourceLogs)) return []
  return request.resourceLogs.flatMap((resource) =>
    resource.scopeLogs.flatMap((scope: { logRecords: unknown[] }) =>
      scope.logRecords.map((record) => JSON.stringify(record)),
    ),
  )
}

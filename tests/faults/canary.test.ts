import { afterAll, beforeAll, expect, test } from 'vitest'
import { canaryConfig } from '#app/canary/config.ts'
import { playRound, type RoundParts } from '#app/canary/round.ts'
import type { NewRecord } from '#contracts/event-log.ts'
import { topicNames } from '#contracts/topics.ts'
import { createCanaryMetrics } from '#sinks/prometheus/canary-metrics.ts'
import { type Harness, startHarness } from '#tests/harness.ts'
import { createCallReader } from '#warehouse/read/call-reader.ts'
import { countFacts } from '#warehouse/read/canary-counts.ts'
import { createWarehouseTelemetry } from '#warehouse/read/telemetry.ts'

const tenant = 'canary'
let install: Harness
let seed = 1

beforeAll(async () => {
  install = await startHarness({ tenants: [tenant] })
}, 60_000)
afterAll(() => install.stop())

/** A round on the install, whose log does to each batch what a test says. */
function round(withinSeconds: number, bend = (records: readonly NewRecord[]) => records) {
  const reader = createCallReader(install.warehouse, createWarehouseTelemetry(install.warehouse))
  const parts: RoundParts = {
    config: canaryConfig.parse({ tenant, withinSeconds, calls: 4 }),
    log: { append: (records) => install.append(bend(records)) },
    ...{ reader, now: Date.now, seed: () => seed++ },
    count: (of, ids) => countFacts(install.warehouse, of, ids),
  }
  return playRound(parts, AbortSignal.timeout(110_000))
}

test('what arrives as it was sent is sound in every store', { timeout: 120_000 }, async () => {
  const { findings, notes } = await round(100)
  expect(notes).toEqual([])
  expect(findings.map(({ store, missing, duplicate, wrong }) => [store, missing, duplicate, wrong])).toEqual([
    ['raw', 0, 0, 0],
    ['records', 0, 0, 0],
    ['logs', 0, 0, 0],
    ['traces', 0, 0, 0],
  ])
  expect(findings.every(({ expected, seconds }) => expected > 0 && seconds !== undefined)).toBe(true)
})

test('a lost sample, a doubled event and a call told wrongly are found where they are', {
  timeout: 120_000,
}, async () => {
  let lost = 0
  const { findings, notes } = await round(15, (records) =>
    records.flatMap((record) => {
      if (record.topic === topicNames.qualitySamples && lost < 200) {
        lost += 1
        return []
      }
      if (record.topic !== topicNames.callEvents) return [record]
      const event = JSON.parse(String(record.value)) as { id: string }
      return [record, { ...record, value: JSON.stringify({ ...event, id: `${event.id}-again` }) }]
    }),
  )
  const found = new Map(findings.map((finding) => [finding.store, finding]))
  expect(found.get('raw')).toMatchObject({ missing: lost, seconds: undefined })
  expect(found.get('raw')?.duplicate).toBeGreaterThan(0)
  expect(found.get('records')?.wrong).toBeGreaterThan(0)
  expect(notes.some((note) => note.startsWith('records: '))).toBe(true)
})

test('a pipeline that is down is told of by its store alone', { timeout: 120_000 }, async () => {
  const resume = await install.hold('logs')
  try {
    const { findings } = await round(20)
    const logs = findings.find(({ store }) => store === 'logs')
    expect(logs?.missing).toBe(logs?.expected)
    expect(findings.filter(({ store, missing }) => store === 'traces' && missing > 0)).toEqual([])
  } finally {
    resume()
  }
})

test('metrics have every series from the start, so that the first fault is a rise', async () => {
  const metrics = createCanaryMetrics(['raw', 'logs'])
  expect((await metrics.expose('text')).body).toContain('callscope_canary_missing_total{store="logs"} 0')
  const finding = { expected: 9, missing: 2, duplicate: 1, wrong: 0, late: true, seconds: undefined }
  metrics.round([{ store: 'logs', ...finding }], 5_000)
  metrics.failed(6_000)
  const { body } = await metrics.expose('text')
  for (const line of [
    'callscope_canary_missing_total{store="logs"} 2',
    'callscope_canary_duplicate_total{store="logs"} 1',
    'callscope_canary_late_total{store="logs"} 1',
    'callscope_canary_rounds_total{outcome="unsound"} 1',
    'callscope_canary_rounds_total{outcome="failed"} 1',
    'callscope_canary_last_round_timestamp_seconds 6',
  ])
    expect(body).toContain(line)
})

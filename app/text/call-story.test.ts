import { expect, test } from 'vitest'
import type { CallRecord } from '#contracts/call-record.ts'
import type { WholeCall } from '#contracts/warehouse.ts'
import { callStory } from './call-story.ts'
import { coloursFor } from './colours.ts'
import { duration } from './format.ts'

const atMs = Date.UTC(2026, 4, 1, 10)

function aWhole(record: Partial<CallRecord> = {}): WholeCall {
  const base = {
    tenant: 'acme',
    id: 'c1',
    correlationIds: ['c1'],
    traceIds: [],
    state: 'settled',
    startedMs: atMs,
    endedMs: atMs + 60_000,
    endedBecause: 'event',
    disposition: 'answered',
    conference: false,
    legs: [],
    streams: [],
    events: [],
    evidence: [],
    formulaVersion: 'f',
    profileVersion: 'p',
  }
  const verdict = {
    class: 'poor',
    reasons: [{ severity: 'poor', text: 'loss 7.2 % for 41 s, callee -> caller' }],
    findings: [{ type: 'one_way_audio', severity: 'poor', fromMs: atMs + 3_000, text: 'callee was not heard' }],
    fault: { domain: 'carrier', confidence: 0.8, because: ['both ends clean'] },
  }
  return {
    record: { ...base, verdict, ...record } as unknown as CallRecord,
    asOfMs: atMs + 120_000,
    version: 3,
    minutes: [],
    logs: [],
    spans: [],
    activity: [],
    telemetry: { logs: 'ok', spans: 'ok' },
  }
}

test('the story says what the call is, how bad, and whose side', () => {
  const story = callStory(aWhole(), coloursFor(false))
  expect(story).toContain('Call c1  acme  poor  settled')
  expect(story).toContain('loss 7.2 % for 41 s, callee -> caller')
  expect(story).toContain('fault     carrier, confidence 80 %: both ends clean')
  expect(story).toMatch(/10:00:03\.000 +\+3\.0 s {2}! one way audio: callee was not heard/)
})

test('a call that is still ringing is told as ringing, with nothing about it final', () => {
  const verdict = { class: 'unclassified', unclassified: 'not_answered', reasons: [], findings: [], fault: undefined }
  const open = { state: 'open', disposition: 'unknown', endedMs: undefined, endedBecause: undefined } as const
  const story = callStory(aWhole({ ...open, verdict } as unknown as Partial<CallRecord>), coloursFor(false))
  expect(story).toContain('Call c1  acme  unclassified  ringing')
  expect(story).toMatch(/end +still ringing/)
  expect(story).toContain('unclassified: not answered yet (the call is ringing)')
})

test('a record that can still change says so beside its class', () => {
  expect(callStory(aWhole({ state: 'settling' }), coloursFor(false))).toContain('poor (the call is settling)')
  expect(callStory(aWhole(), coloursFor(false))).not.toContain('the call is')
})

test('colours only on a terminal, and nothing from outside can steer one', () => {
  const hostile = aWhole({ from: 'a\u001b[2Jb', to: 'x\ny' })
  expect(callStory(hostile, coloursFor(false))).not.toContain('\u001b')
  expect(callStory(hostile, coloursFor(true))).toContain('\u001b[31mpoor')
  expect(callStory(hostile, coloursFor(true))).not.toContain('\u001b[2J')
})

test('durations read as people say them', () => {
  expect([80, 12_500, 200_000, 3_720_000].map(duration)).toEqual(['80 ms', '12.5 s', '3 min 20 s', '1 h 02 min'])
})

test('logs that could not be read are told as such, and not as none', () => {
  const story = (telemetry: WholeCall['telemetry']) => callStory({ ...aWhole(), telemetry }, coloursFor(false))
  expect(story({ logs: 'ok', spans: 'ok' })).not.toMatch(/Logs|Spans/)
  const text = story({ logs: 'unavailable', logsWhy: 'timeout', spans: 'unavailable', spansWhy: 'not_configured' })
  expect(text).toContain('Logs\n  could not be read: their store did not answer in time')
  expect(text).toContain('Spans\n  are not shown: tempo.queryUrl')
})

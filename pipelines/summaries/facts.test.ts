import { expect, test } from 'vitest'
import type { CallEventRow, EvidenceRow } from '#contracts/call-record.ts'
import type { Fact, Facts } from '#contracts/summaries.ts'
import { factsOf, keptBeside, mergeFacts } from './facts.ts'
import { notComputed } from './not-computed.ts'

const nothing: Facts = { events: [], cdrs: [], evidence: [] }

const anEvent = (n: number, checksum = String(n), data: object = {}): Fact<CallEventRow> => ({
  row: { correlationId: 'a', source: '/call-control', id: `e-${n}`, atMs: n, type: 'call.held', data: { ...data } },
  checksum,
})

const evidenceAt = (n: number, severity: number): Fact<EvidenceRow> => ({
  row: {
    ...{ subject: 'a', kind: 'log', id: `l-${n}`, atMs: n, severity, reason: 'log_warning', service: '', name: '' },
    ...{ detail: '', durationMs: 0, traceId: '', spanId: '' },
  },
  checksum: String(n),
})

/** A record that shows some of its events and evidence, as it comes back from the store. */
function storedWith(facts: Facts, showing: number) {
  const empty = notComputed({
    ...{ tenant: 'acme', id: 'a', minutes: [], rescore: false, cumulative: false, urgency: 'now', worst: 0 },
  })
  const rows = <Row>(of: readonly Fact<Row>[]) => of.slice(0, showing).map(({ row }) => row)
  const record = { ...empty, events: rows(facts.events), evidence: rows(facts.evidence) }
  return JSON.parse(JSON.stringify({ record, kept: keptBeside(record, facts) }))
}

test('what a record does not show of its facts is kept beside it, and nothing twice', () => {
  const facts: Facts = {
    events: Array.from({ length: 5 }, (_, n) => anEvent(n)),
    cdrs: [anEvent(9)],
    evidence: [evidenceAt(1, 17), evidenceAt(2, 13)],
  }
  for (const showing of [0, 1, 4, 5]) expect(factsOf(storedWith(facts, showing))).toEqual(facts)
  expect(storedWith(facts, 4).kept.events).toHaveLength(1)
})

test('a record stored before anything was kept beside it still knows what it shows', () => {
  const { record } = storedWith({ ...nothing, events: [anEvent(1)] }, 1)
  expect(factsOf({ record, kept: undefined })).toEqual({ ...nothing, events: [anEvent(1, '')] })
})

test('of one event kept and sent again the one with the greater checksum stays, as in raw', () => {
  const lesser = { ...nothing, events: [anEvent(1, '9', { carrier: 'northtel' })] }
  const greater = { ...nothing, events: [anEvent(1, '10', { carrier: 'southtel' })] }
  expect(mergeFacts(lesser, greater)).toEqual(greater)
  expect(mergeFacts(greater, lesser)).toEqual(greater)
})

test('what was kept and what raw holds come in the order that raw has, the worst evidence first', () => {
  const kept = { ...nothing, events: [anEvent(1), anEvent(3)], evidence: [evidenceAt(1, 13)] }
  const stored = { ...nothing, events: [anEvent(2)], evidence: [evidenceAt(2, 17)] }
  const merged = mergeFacts(kept, stored)
  expect(merged.events.map(({ row }) => row.atMs)).toEqual([1, 2, 3])
  expect(merged.evidence.map(({ row }) => row.severity)).toEqual([17, 13])
})

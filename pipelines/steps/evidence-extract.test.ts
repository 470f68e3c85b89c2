import { describe, expect, test } from 'vitest'
import { aRecord, Collected, exampleRules } from './cloud-event-examples.ts'
import { createEvidenceExtract, type EvidenceOptions } from './evidence-extract.ts'
import { createLinkWriter } from './links.ts'
import { createLinkMemory } from './links-memory.ts'
import { createLogsDecode } from './logs-decode.ts'
import { aLogLine, aSpan, exampleSpan, exampleTrace, someLogs, someSpans } from './logs-examples.ts'

const extractWith = (over: Partial<EvidenceOptions> = {}) =>
  createEvidenceExtract({ ...exampleRules, writeLinks: createLinkWriter(), ...over })
function effectsOf(topic: string, value: unknown, over: Partial<EvidenceOptions> = {}): Collected {
  const into = new Collected()
  extractWith(over)(aRecord(value, { topic }), into)
  return into
}
const ofLogs = (...lines: object[]) => effectsOf('app-logs', someLogs(...lines))
const ofSpans = (...spans: object[]) => effectsOf('trace-spans', someSpans(...spans))
const call = { correlation_id: 'c-1' }

describe('log lines', () => {
  test('a warning of a call is evidence, and its call is recomputed at once', () => {
    const into = ofLogs(aLogLine({ severityNumber: 13, attributes: call }))
    expect(into.of('call_evidence')).toMatchObject([
      {
        tenant: 'acme',
        subject: 'c-1',
        kind: 'log',
        severity: 13,
        reason: 'log_warning',
        service: 'call-control',
        name: 'sip',
        detail: 'INVITE sent',
      },
    ])
    expect(into.changes).toEqual([
      { tenant: 'acme', id: 'c-1', minutes: [], rescore: false, cumulative: false, urgency: 'now', worst: 0 },
    ])
  })

  test('an error that knows only its trace waits under the trace', () => {
    const into = ofLogs(aLogLine({ severityNumber: 17, traceId: exampleTrace }))
    expect(into.of('call_evidence')).toMatchObject([{ subject: `trace:${exampleTrace}`, reason: 'log_error' }])
    expect(into.changes.map(({ id }) => id)).toEqual([`trace:${exampleTrace}`])
  })

  test('a line below warning, or of nobody’s call, is no evidence', () => {
    const into = ofLogs(aLogLine({ severityNumber: 12, attributes: call }), aLogLine({ severityNumber: 21 }))
    expect(into.rows).toEqual([])
    expect(into.changes).toEqual([])
  })

  test('evidence has the identity under which the line itself is stored', () => {
    const value = someLogs(aLogLine({ severityNumber: 13, attributes: call }))
    const logs = new Collected()
    createLogsDecode(exampleRules)(aRecord(value, { topic: 'app-logs' }), logs)
    expect(effectsOf('app-logs', value).of('call_evidence')[0]?.id).toBe(logs.of('otel_logs')[0]?.Hash)
  })

  test('long text is cut to 500 characters, never through one', () => {
    const detailOf = (text: string) =>
      ofLogs(aLogLine({ severityNumber: 17, body: { stringValue: text }, attributes: call })).of('call_evidence')[0]
        ?.detail
    expect(detailOf('x'.repeat(900))).toHaveLength(500)
    expect(detailOf(`${'x'.repeat(499)}😀 and more`)).toBe('x'.repeat(499))
  })
})

describe('spans', () => {
  test('a failed span is evidence, with the words of its exception where its status has none', () => {
    const events = [
      {
        name: 'exception',
        timeUnixNano: '1',
        attributes: [{ key: 'exception.message', value: { stringValue: 'no route' } }],
      },
    ]
    const into = ofSpans(aSpan({ status: { code: 2 }, events, attributes: call }))
    expect(into.of('call_evidence')).toMatchObject([
      {
        kind: 'span',
        id: `${exampleTrace}:${exampleSpan}:Server`,
        reason: 'span_failed',
        severity: 17,
        detail: 'no route',
        duration_ms: 1_000,
      },
    ])
  })

  test('a server that takes more than two seconds is slow, a client more than five', () => {
    const lasting = (kind: number, endTimeUnixNano: string) =>
      ofSpans(aSpan({ kind, endTimeUnixNano, attributes: call }))
        .of('call_evidence')
        .map(({ reason }) => reason)
    expect(lasting(2, '1772359207000000000')).toEqual([])
    expect(lasting(2, '1772359207001000000')).toEqual(['span_slow'])
    expect(lasting(3, '1772359207001000000')).toEqual([])
    expect(lasting(3, '1772359210001000000')).toEqual(['span_slow'])
    expect(lasting(1, '1772359299000000000')).toEqual([])
  })

  test('what is slow is a matter of configuration', () => {
    const value = someSpans(aSpan({ attributes: call }))
    expect(effectsOf('trace-spans', value, { slowSpanMs: { Server: 500 } }).of('call_evidence')).toHaveLength(1)
  })
})

describe('links', () => {
  test('every line that names a call and a trace links them, even one that is no evidence', () => {
    const into = ofLogs(
      aLogLine({ traceId: exampleTrace, attributes: { ...call, call_id: 'k-1', 'session.id': 's-1' } }),
    )
    expect(into.of('call_links').map(({ node, other }) => `${node} ${other}`)).toEqual([
      `id:c-1 trace_id:${exampleTrace}`,
      `trace_id:${exampleTrace} id:c-1`,
      ...['id:c-1 call_id:k-1', 'call_id:k-1 id:c-1', 'id:c-1 session_id:s-1', 'session_id:s-1 id:c-1'],
    ])
  })

  test('a new link is announced, because evidence may wait at its other end', () => {
    expect(ofLogs(aLogLine({ traceId: exampleTrace, attributes: call })).changes).toMatchObject([
      { id: 'c-1', urgency: 'running' },
    ])
  })

  test('a link known to be stored is neither written nor announced again', () => {
    const memory = createLinkMemory({ max: 100 })
    const extract = extractWith({ writeLinks: createLinkWriter({ memory }) })
    memory.begin()
    const line = aLogLine({ traceId: exampleTrace, attributes: call })
    const into = new Collected()
    extract(aRecord(someLogs(line, line, line), { topic: 'app-logs' }), into)
    expect(into.of('call_links')).toHaveLength(2)
    expect(into.changes).toHaveLength(1)
  })

  test('an id that names nobody is no correlation id', () => {
    expect(ofLogs(aLogLine({ severityNumber: 17, attributes: { correlation_id: '0' } })).rows).toEqual([])
  })
})

test('what logs and traces park is not parked a second time', () => {
  for (const topic of ['app-logs', 'trace-spans']) {
    for (const bad of [
      '{',
      someLogs(aLogLine({ timeUnixNano: '0' })),
      someSpans(aSpan({ spanId: '' })),
      new Uint8Array(5_000_000),
    ]) {
      expect(effectsOf(topic, bad).parked).toEqual([])
    }
  }
})

test('every line and span read moves the watermark', () => {
  expect(ofSpans(aSpan()).times).toEqual([{ tenant: 'acme', ms: 1_772_359_206_000 }])
})

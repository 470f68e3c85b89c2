import { describe, expect, test } from 'vitest'
import {
  aPoorRecord,
  aReason,
  aRecord,
  aStream,
  aWhole,
  samplesOfLoss,
  startMs,
  thresholds,
} from '../calls-for-tests.ts'
import { viewsOf } from '../media/views.ts'
import { callReport } from './call-report.ts'
import { fileStem } from './download.ts'
import { escaped, html } from './markup.ts'

const hostile = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`

function reportOf(record = aPoorRecord([aReason()]), logs: Parameters<typeof aWhole>[1] = {}): string {
  const samples = { streams: [samplesOfLoss([0.1, null, null, null, null, 0.2])], truncated: false, thresholds }
  const whole = aWhole(record, logs)
  return callReport({ whole, samples, views: viewsOf(whole, samples), madeAtMs: startMs, version: '9.9.9' })
}

describe('markup', () => {
  test('every value is text, wherever it stands', () => {
    expect(html`<a title="${hostile}">${hostile}</a>`.markup).not.toMatch(/<script|<img|'alert/)
    expect(html`<ul>${['<b>', '&'].map((text) => html`<li>${text}</li>`)}</ul>`.markup).toBe(
      '<ul><li>&lt;b&gt;</li><li>&amp;</li></ul>',
    )
  })

  test('characters that turn or break text are made visible', () => {
    expect(escaped('a\u202eb\u0000c')).toBe('a\ufffdb\ufffdc')
  })
})

describe('the report', () => {
  test('hostile names, ids, log lines and labels stay text', () => {
    const record = {
      ...aPoorRecord([aReason({ text: hostile, direction: hostile })]),
      ...{ from: hostile, to: hostile, carrier: hostile, tenant: hostile, ids: { [hostile]: [hostile] } },
      streams: [aStream({ label: hostile, codecs: [hostile] })],
      events: [
        { correlationId: 'x', source: 's', id: 'i', atMs: startMs, type: hostile, data: { [hostile]: hostile } },
      ],
    }
    const log = {
      ...{ tenant: 'acme', timeUnixNano: '1', severityNumber: 17, severityText: hostile, traceId: '', spanId: '' },
      ...{ serviceName: hostile, body: hostile, resource: {}, scopeName: '', attributes: {} },
    }
    const page = reportOf(record, { logs: [log] })
    expect(page).not.toMatch(/<script|<img|onerror='/)
    expect(page).toContain('&lt;script&gt;')
  })

  test('holds no script and asks for nothing', () => {
    const page = reportOf()
    expect(page).not.toMatch(/<script|<link|<iframe|\ssrc=|\son\w+=|https?:|url\((?!#)/)
    expect(page).toContain("default-src 'none'")
  })

  test('says when and by what it was made', () => {
    expect(reportOf()).toMatch(/Made 2026-01-31 10:00:00 UTC by callscope 9\.9\.9/)
  })

  test('draws the unknown as a hatched hole', () => {
    expect(reportOf()).toContain('class="hatch"')
  })

  test('says what could not be read, so that nothing shown is not read as nothing there', () => {
    const page = reportOf(undefined, { telemetry: { logs: 'unavailable', logsWhy: 'timeout', spans: 'ok' } })
    expect(page).toContain('Log lines of this call could not be read: their store did not answer in time.')
    expect(page).not.toContain('Spans of this call could not be read')
  })

  test('a call that nobody measured has a report too', () => {
    expect(reportOf(aRecord({ streams: [] }))).toContain('Nobody measured the media')
  })
})

test('an id becomes a harmless file name', () => {
  expect(fileStem({ id: '../../etc/pass wd\u0000', startedMs: startMs })).toBe('call-2026-01-31-..-..-etc-pass-wd-')
})

import { describe, expect, test } from 'vitest'
import { accessMetricList } from './access-metrics.ts'
import { activityMetrics } from './activity-metric-list.ts'
import { aPrometheus, aSample, exampleTraceId, linesNamed } from './examples.ts'
import { formatOf } from './exposition.ts'
import { callMetrics, type MetricLiteral } from './metrics.ts'
import { pipelineMetrics } from './pipeline-metric-list.ts'

const literals: readonly MetricLiteral[] = [
  ...Object.values(callMetrics),
  ...Object.values(pipelineMetrics),
  ...Object.values(activityMetrics),
  ...Object.values(accessMetricList),
]

describe('the list of metrics', () => {
  test('names follow Prometheus: base units, counters in _total, ours in front', () => {
    for (const { name, unit } of literals) {
      expect(name).toMatch(/^callscope_(call|calls|path|pipeline|activity|service)_[a-z_]+$/)
      if (unit === 'seconds') expect(name).toMatch(/_seconds(_total)?$/)
      if (unit === 'ratio') expect(name).toMatch(/_ratio$/)
    }
    expect(new Set(literals.map(({ name }) => name)).size).toBe(literals.length)
  })

  test('every metric of the list is served, and nothing else', async () => {
    const { body } = await aPrometheus().expose('text')
    const served = [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
    expect(served.sort()).toEqual(literals.map(({ name }) => name).sort())
  })

  test('thresholds of MOS are edges of buckets', () => {
    expect(callMetrics.mos.buckets).toEqual(expect.arrayContaining([3.1, 3.3, 3.6, 3.8]))
  })
})

describe('what people can read off one sample', () => {
  test('quality by tenant and class, and by path', async () => {
    const { calls, expose } = aPrometheus()
    calls.observe('acme', aSample({ packets_received: 240, packets_lost: 10 }), { carrier: 'north', region: 'eu' })
    const { body } = await expose('text')
    expect(linesNamed(body, 'callscope_call_packet_loss_ratio_sum')).toMatchObject([
      { labels: { tenant: 'acme', class: 'poor' }, value: 0.04 },
    ])
    expect(linesNamed(body, 'callscope_path_packet_loss_ratio_sum')[0]?.labels).toMatchObject({
      carrier: 'north',
      region: 'eu',
      direction: 'receive',
    })
    expect(linesNamed(body, 'callscope_call_jitter_seconds_sum')[0]?.value).toBe(0.004)
    expect(linesNamed(body, 'callscope_call_round_trip_seconds_sum')[0]?.value).toBe(0.04)
    expect(linesNamed(body, 'callscope_call_mos_count')).toMatchObject([{ labels: { mos: 'CQEN' }, value: 1 }])
  })

  test('buckets add up: each holds all below it', async () => {
    const { calls, expose } = aPrometheus()
    for (const round_trip_ms of [10, 120, 9_000]) calls.observe('acme', aSample({ round_trip_ms }, {}), {})
    const { body } = await expose('text')
    const counts = linesNamed(body, 'callscope_path_round_trip_seconds_bucket')
    const at = (le: string) =>
      counts.filter(({ labels }) => labels.le === le).reduce((sum, { value }) => sum + value, 0)
    expect([at('0.05'), at('0.15'), at('2'), at('+Inf')]).toEqual([1, 2, 2, 3])
  })

  test('what was not measured is not shown: unknown is not zero', async () => {
    const { calls, expose } = aPrometheus()
    calls.observe('acme', aSample({ packets_received: 0, jitter_ms: 30, round_trip_ms: undefined, codec: undefined }))
    const { body } = await expose('text')
    for (const name of ['mos', 'jitter_seconds', 'round_trip_seconds', 'packet_loss_ratio']) {
      const counts = linesNamed(body, `callscope_call_${name}_count`).map(({ value }) => value)
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(0)
    }
  })

  test('a guess about a codec makes no MOS, but its loss counts', async () => {
    const { calls, expose } = aPrometheus()
    calls.observe('acme', aSample({ codec: 'opus' }))
    const { body } = await expose('text')
    expect(linesNamed(body, 'callscope_call_mos_count')).toEqual([])
    expect(linesNamed(body, 'callscope_call_packet_loss_ratio_count')).toMatchObject([{ value: 1 }])
  })

  test('video and whole-call reports are not speech intervals', async () => {
    const { calls, expose } = aPrometheus()
    calls.observe('acme', aSample({ kind: 'video' }))
    calls.observe('acme', aSample({ scope: 'call' }))
    expect(linesNamed((await expose('text')).body, 'callscope_call_packet_loss_ratio_count')).toEqual([])
  })
})

describe('series stay bounded', () => {
  test('carriers that the registry does not know share one label, unstated ones another', async () => {
    const { calls, expose } = aPrometheus({ maxTenants: 2 })
    for (let i = 0; i < 1_000; i++) {
      calls.observe(`tenant-${i}`, aSample({ codec: i % 2 ? `codec-${i}` : 'PCMU' }), {
        carrier: `carrier-${i}`,
        region: `region-${i}`,
      })
    }
    calls.observe('acme', aSample())
    const { body } = await expose('text')
    const paths = linesNamed(body, 'callscope_path_packet_loss_ratio_count').map(
      ({ labels }) => `${labels.carrier} ${labels.region}`,
    )
    expect(new Set(paths)).toEqual(new Set(['other other', 'unknown unknown']))
    expect(linesNamed(body, 'callscope_call_packet_loss_ratio_count').map(({ labels }) => labels.tenant)).toEqual([
      'tenant-0',
      'other',
      'acme',
    ])
  })

  test('where the registry knows no carriers, the first come get labels, up to the budget', async () => {
    const { calls, expose } = aPrometheus({ carriers: [], learn: true, maxCarriers: 2 })
    for (const carrier of ['east', 'west', 'centre', 'east']) calls.observe('acme', aSample(), { carrier })
    const { body } = await expose('text')
    expect(
      linesNamed(body, 'callscope_path_packet_loss_ratio_count').map(({ labels, value }) => [labels.carrier, value]),
    ).toEqual([
      ['east', 2],
      ['west', 1],
      ['other', 1],
    ])
  })
})

describe('exemplars', () => {
  const bad = { packets_received: 200, packets_lost: 50 }

  test('a bad interval leads to its call and trace, a good one to none', async () => {
    const { calls, expose } = aPrometheus()
    calls.observe('acme', aSample(), { traceId: exampleTraceId })
    calls.observe('acme', aSample(bad), { traceId: exampleTraceId })
    const { body } = await expose('openmetrics')
    const exemplars = linesNamed(body, 'callscope_call_packet_loss_ratio_bucket').flatMap(
      ({ exemplar }) => exemplar ?? [],
    )
    expect(exemplars).toEqual([`{trace_id="${exampleTraceId}",correlation_id="c-1"} 0.2 1772359205`])
    expect(linesNamed(body, 'callscope_call_jitter_seconds_bucket').filter(({ exemplar }) => exemplar)).toEqual([])
  })

  test('an id too long for an exemplar is left out rather than cut', async () => {
    const { calls, expose } = aPrometheus()
    calls.observe('acme', aSample(bad, { correlationid: 'c'.repeat(200) }), { traceId: exampleTraceId })
    expect((await expose('openmetrics')).body).toContain(`# {trace_id="${exampleTraceId}"} 0.2`)
  })

  test('text has none', async () => {
    const { calls, expose } = aPrometheus()
    calls.observe('acme', aSample(bad))
    expect((await expose('text')).body).not.toContain('correlation_id')
  })
})

describe('the two formats', () => {
  test('are chosen by what is accepted', () => {
    expect(formatOf('application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3')).toBe(
      'openmetrics',
    )
    expect([formatOf('text/plain'), formatOf('*/*'), formatOf(undefined)]).toEqual(['text', 'text', 'text'])
  })

  test('name the same counter, each in its own way, however often and in which order they are asked for', async () => {
    const { calls, expose } = aPrometheus({ processMetrics: true })
    calls.ended({ tenant: 'acme', id: 'c', class: 'good', setupMs: 1_200 })
    for (let round = 0; round < 2; round++) {
      const open = await expose('openmetrics')
      expect(open.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
      expect(open.body).toContain('# TYPE callscope_calls counter\n')
      expect(open.body).toContain('callscope_calls_total{tenant="acme",class="good"} 1\n')
      expect(open.body).toContain('# UNIT callscope_call_setup_seconds seconds\n')
      expect(open.body).toContain('le="5.0"')
      expect(open.body.endsWith('# EOF\n')).toBe(true)
      const text = await expose('text')
      expect(text.contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
      expect(text.body).toContain('# TYPE callscope_calls_total counter\n')
      expect(text.body).toContain('callscope_calls_total{tenant="acme",class="good"} 1\n')
    }
  })

  test('a label cannot break out of its quotes', async () => {
    const { calls, expose } = aPrometheus({ carriers: ['a"b\\c\nd'] })
    calls.observe('acme', aSample(), { carrier: 'a"b\\c\nd' })
    for (const format of ['text', 'openmetrics'] as const) {
      expect((await expose(format)).body).toContain('carrier="a\\"b\\\\c\\nd"')
    }
  })
})

describe('calls and pipelines', () => {
  test('calls that ended are counted by class, open ones are shown as they are now', async () => {
    const { calls, expose } = aPrometheus()
    calls.ended({ tenant: 'acme', id: 'c', class: 'poor', setupMs: undefined })
    calls.active(new Map([['acme', 7]]))
    calls.active(new Map([['acme', 5]]))
    const { body } = await expose('text')
    expect(linesNamed(body, 'callscope_calls_total')).toMatchObject([{ labels: { class: 'poor' }, value: 1 }])
    expect(linesNamed(body, 'callscope_calls_active')).toMatchObject([{ value: 5 }])
    expect(linesNamed(body, 'callscope_call_setup_seconds_count')).toEqual([])
  })

  test('a call that settles again, with late data or judged anew, has ended once', async () => {
    const { calls, expose } = aPrometheus()
    for (const end of ['good', 'poor', 'good'] as const)
      calls.ended({ tenant: 'acme', id: 'c', class: end, setupMs: 1_000 })
    calls.ended({ tenant: 'globex', id: 'c', class: 'good', setupMs: undefined })
    const { body } = await expose('text')
    expect(linesNamed(body, 'callscope_calls_total').map(({ labels, value }) => [labels.tenant, value])).toEqual([
      ['acme', 1],
      ['globex', 1],
    ])
    expect(linesNamed(body, 'callscope_call_setup_seconds_count')).toMatchObject([{ value: 1 }])
  })

  test('a pipeline tells what it read, how far behind it is, and what it refused', async () => {
    let now = 0
    const { pipelines, expose } = aPrometheus({ ticks: () => now })
    const record = {
      topic: 'app-logs',
      partition: 0,
      offset: 4,
      logTimeMs: 90_000,
      key: null,
      headers: {},
      value: new Uint8Array(),
    }
    const position = { topic: 'app-logs', partition: 0, next: 5, end: 25 }
    pipelines.records('logs', {
      generation: 1,
      assignment: [{ topic: 'app-logs', partition: 0, committed: 4 }],
      records: [record],
      positions: [position],
      logNowMs: 100_000,
      trimmed: [{ topic: 'app-logs', partition: 0, records: 7 }],
    })
    pipelines.batch('logs', { parked: [{ reason: 'invalid_schema' }, { reason: 'invalid_schema' }] }, 0.2)
    pipelines.retry('logs', 'clickhouse', Object.assign(new Error('10.0.0.7 said no'), { code: 'ECONNREFUSED' }))
    now = 3_000
    const { body } = await expose('text')
    expect(linesNamed(body, 'callscope_pipeline_records_total')).toMatchObject([
      { labels: { pipeline: 'logs', topic: 'app-logs' }, value: 1 },
    ])
    expect(linesNamed(body, 'callscope_pipeline_trimmed_records_total')).toMatchObject([
      { labels: { pipeline: 'logs', topic: 'app-logs' }, value: 7 },
    ])
    expect(linesNamed(body, 'callscope_pipeline_lag_messages')).toMatchObject([{ value: 20 }])
    expect(linesNamed(body, 'callscope_pipeline_lag_seconds')).toMatchObject([{ value: 13 }])
    expect(linesNamed(body, 'callscope_pipeline_dead_letters_total')).toMatchObject([
      { labels: { reason: 'invalid_schema' }, value: 2 },
    ])
    expect(linesNamed(body, 'callscope_pipeline_retries_total')).toMatchObject([
      { labels: { sink: 'clickhouse', reason: 'unreachable' } },
    ])
    expect(body).not.toContain('10.0.0.7')
    expect(body).toContain('callscope_pipeline_build_info{version="1.2.3",revision="unknown",node="unknown"} 1')
  })
})

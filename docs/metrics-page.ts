import { accessMetricList } from '#sinks/prometheus/access-metrics.ts'
import { activityMetrics } from '#sinks/prometheus/activity-metric-list.ts'
import { canaryMetricList } from '#sinks/prometheus/canary-metrics.ts'
import { callMetrics, type MetricLiteral } from '#sinks/prometheus/metrics.ts'
import { pipelineMetrics } from '#sinks/prometheus/pipeline-metric-list.ts'

const sections: readonly (readonly [title: string, intro: string, metrics: Readonly<Record<string, MetricLiteral>>])[] =
  [
    [
      'Calls',
      'Live quality, one observation per scored interval of a stream. `callscope_call_*` by tenant and class, `callscope_path_*` by carrier, region, codec and direction.',
      callMetrics,
    ],
    [
      'Chat, presence and services',
      'What else the platform does: rates, delivery delay, and requests of its services from their server spans.',
      activityMetrics,
    ],
    ['callscope itself', 'Whether what is shown can be believed.', { ...pipelineMetrics, ...accessMetricList }],
    [
      'Synthetic calls',
      'Of `callscope canary`, on its own port: what it sent, and what of that was missing, there twice, late or wrong in which store (raw rows, call records, logs, traces, and with `canary.prometheusUrl` metrics).',
      canaryMetricList,
    ],
  ]

/** docs/metrics.md, whole. */
export const metricsPage = (): string =>
  [
    '# Metrics',
    '',
    'Made by `npm run docs` from the lists in `sinks/prometheus/`: change those. `/metrics` serves all of them, as Prometheus text or',
    'OpenMetrics with exemplars, and beside them what Node tells of the process (`process_*`, `nodejs_*`: memory, start time, event loop',
    'lag). Counts live in the process and may rise twice on a replay: rates and alerts only; anything contractual reads the warehouse. Messages of',
    'calls, chat and services that are read more than an hour after the log took them are stored and not counted.',
    'Every label has a bounded set of values; what finds no place in it is `other`.',
    '',
    ...sections.flatMap(([title, intro, metrics]) => [
      ...[`## ${title}`, '', intro, '', '| Metric | Labels | Meaning |', '|---|---|---|'],
      ...Object.values(metrics).map(rowOf),
      '',
    ]),
  ].join('\n')

const rowOf = ({ name, labels, help, buckets }: MetricLiteral): string => {
  const shown = labels.map((label) => `\`${label}\``).join(', ')
  return `| \`${name}\` | ${shown} | ${help}${buckets === undefined ? '' : ' (histogram)'} |`
}

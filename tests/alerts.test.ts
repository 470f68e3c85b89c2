import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { accessMetricList } from '#sinks/prometheus/access-metrics.ts'
import { activityMetrics } from '#sinks/prometheus/activity-metric-list.ts'
import { canaryMetricList } from '#sinks/prometheus/canary-metrics.ts'
import { callMetrics, type MetricLiteral } from '#sinks/prometheus/metrics.ts'
import { pipelineMetrics } from '#sinks/prometheus/pipeline-metric-list.ts'
import { root } from './source-files.ts'

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert?: string
      readonly expr: string
      readonly labels?: Readonly<Record<string, string>>
    }[]
  }[]
}

const folder = join(root, 'alerts')
const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
const files = readdirSync(folder).filter((file) => file.endsWith('.rules.yaml'))
const rules = files.flatMap((file) => (parse(read(file)) as Rules).groups.flatMap((group) => group.rules))
const lists: readonly Readonly<Record<string, MetricLiteral>>[] = [
  callMetrics,
  activityMetrics,
  pipelineMetrics,
  accessMetricList,
  canaryMetricList,
]
const metrics = new Set(lists.flatMap((list) => Object.values(list).map(({ name }) => name)))

test('every alert asks for metrics that there are', () => {
  const asked = rules.flatMap(({ expr }) => [...expr.matchAll(/\bcallscope_\w+/g)].map(([name]) => name))
  expect(asked.length).toBeGreaterThan(10)
  expect(asked.filter((name) => !metrics.has(name.replace(/_(bucket|count|sum)$/, '')))).toEqual([])
})

test('every alert says how bad it is, and is tried by a test of its own', () => {
  const tried = files.map((file) => read(file.replace('.rules.yaml', '.test.yaml'))).join('\n')
  expect(rules.filter(({ labels }) => !['critical', 'warning', 'none'].includes(labels?.severity ?? ''))).toEqual([])
  expect(rules.map(({ alert = '' }) => alert).filter((name) => !tried.includes(`alertname: ${name}\n`))).toEqual([])
})

import type { WatermarkEntry } from '#contracts/registry.ts'
import { watermarksOf } from '#pipelines/watermarks.ts'
import type { WatermarkAges } from '#sinks/prometheus/pipeline-metrics.ts'
import type { PipelinesParts } from '../pipelines.ts'

type Told = Pick<PipelinesParts, 'registry' | 'metrics' | 'clock' | 'telemetry'>

/** Tells the metrics what only a look at the registry shows, and what got lost of the program's own traces and log lines. */
export async function tellOfItself({ registry, metrics, clock, telemetry }: Told): Promise<void> {
  const { spans, logs } = telemetry?.takeDropped() ?? { spans: 0, logs: 0 }
  metrics.pipelines.telemetryDropped('spans', spans)
  metrics.pipelines.telemetryDropped('logs', logs)
  const tenants = (await registry.tenants.tenants()).map(({ id }) => id)
  metrics.pipelines.watermarks(agesOf(await registry.watermarks.read(), tenants, clock()))
}

/** How old the watermark of each tenant is, and of each topic that of the partition furthest behind, milliseconds. */
export function agesOf(entries: readonly WatermarkEntry[], tenants: readonly string[], nowMs: number): WatermarkAges {
  const known = watermarksOf(entries)
  const everybody = known.get('*') ?? 0
  const byTenant = tenants.flatMap((tenant) => {
    const watermarkMs = known.get(tenant) ?? everybody
    // Nothing has been read yet, of anybody: there is no moment to be old.
    return watermarkMs === 0 ? [] : [[tenant, Math.max(0, nowMs - watermarkMs)] as const]
  })
  const byTopic = new Map<string, number>()
  for (const { source, watermarkMs } of entries) {
    const topic = topicOf(source)
    if (topic !== undefined) byTopic.set(topic, Math.max(byTopic.get(topic) ?? 0, nowMs - watermarkMs))
  }
  return { byTenant: new Map(byTenant), byTopic }
}

/** An import is a source, too, and no topic. */
const topicOf = (source: string): string | undefined =>
  source.startsWith('import:') ? undefined : source.split('/', 1)[0]

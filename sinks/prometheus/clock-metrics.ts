import { Gauge, type Registry } from 'prom-client'
import { plainConfig } from './metrics.ts'
import { pipelineMetrics } from './pipeline-metric-list.ts'

/** How far each clock that is not believed is ahead, milliseconds; asked at every scrape. */
export type ClocksAhead = () => Readonly<Partial<Record<'machine' | 'log', number>>>

export function createClockMetrics(registry: Registry, clocksAhead: ClocksAhead): void {
  new Gauge({
    ...plainConfig(pipelineMetrics.clockAhead, registry),
    collect() {
      for (const [clock, aheadMs] of Object.entries(clocksAhead())) this.set({ clock }, aheadMs / 1_000)
    },
  })
}

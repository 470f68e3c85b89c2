import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StackAddresses } from '../servers/stack.ts'

interface Vector {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>
      readonly value: readonly [number, string]
    }[]
  }
}

/** What the real Prometheus, with deploy/prometheus/prometheus.yml, makes of workers and their alerts. */
export interface Watching {
  /** The sum of what a query gives now. */
  sum(query: string): Promise<number>
  /** Names of the alerts that have reached Alertmanager and mention this text. */
  alerts(mentioning: string): Promise<readonly string[]>
  /** From now on these are scraped, and no others. */
  scrape(urls: readonly string[]): Promise<void>
  close(): Promise<void>
}

/**
 * Undefined where Prometheus was not started here: nobody but its owner says what it scrapes. What it scrapes for one test carries its
 * name in the label `of`: another may run meanwhile.
 */
export function watchedBy(stack: StackAddresses, name: string): Watching | undefined {
  const { prometheusTargets, prometheusAlertmanagers, prometheus, alertmanager } = stack
  if (prometheusTargets === undefined || prometheusAlertmanagers === undefined) return undefined
  const [targets, alertmanagers] = [
    join(prometheusTargets, `callscope-${name}.yaml`),
    join(prometheusAlertmanagers, `${name}.yaml`),
  ]
  const nameThem = (file: string, urls: readonly string[]): Promise<void> =>
    writeFile(file, JSON.stringify([{ targets: urls.map((url) => new URL(url).host), labels: { of: name } }]))
  return {
    async sum(query) {
      const answer = await fetch(`${prometheus}/api/v1/query?${new URLSearchParams({ query })}`)
      const { data } = (await answer.json()) as Vector
      return data.result.reduce((sum, { value }) => sum + Number(value[1]), 0)
    },
    async alerts(mentioning) {
      const answer = await fetch(`${alertmanager}/api/v2/alerts`)
      const told = (await answer.json()) as { labels: Record<string, string>; annotations: Record<string, string> }[]
      return told
        .filter((alert) => JSON.stringify(alert).includes(mentioning))
        .map(({ labels }) => labels.alertname ?? '')
    },
    async scrape(urls) {
      await nameThem(alertmanagers, [alertmanager])
      await nameThem(targets, urls)
    },
    close: async () => {
      await Promise.all([targets, alertmanagers].map((file) => rm(file, { force: true })))
    },
  }
}

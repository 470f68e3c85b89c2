import { execFile } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { openStackInstall, type StackInstall } from './faults/install.ts'
import type { WorkerProcess } from './faults/worker-process.ts'
import { watchedBy } from './flow/prometheus.ts'
import { ownName, plainEnvironment } from './names.ts'
import { temporaryFolder } from './servers/guard.ts'
import { repositoryFile } from './servers/server.ts'

const stack = inject('stack')
let install: StackInstall
let worker: WorkerProcess

beforeAll(async () => {
  const settings = [`loki: {url: "${stack.loki}", tenantId: "${ownName('canary')}"}`]
  install = await openStackInstall({ folder: await temporaryFolder('callscope-canary-'), settings })
})
afterAll(async () => {
  await watchedBy(stack, 'canary')?.close()
  await install.close()
})

interface Report {
  readonly findings: readonly {
    readonly store: string
    readonly expected: number
    readonly missing: number
    readonly duplicate: number
    readonly wrong: number
  }[]
  readonly notes: readonly string[]
}

/** `callscope canary --once`, as an operator types it. */
function canary(env: Readonly<Record<string, string>> = {}): Promise<Report & { readonly exit: number }> {
  const file = repositoryFile('app/callscope.ts')
  const { promise, resolve } = Promise.withResolvers<Report & { readonly exit: number }>()
  const options = { env: { ...plainEnvironment(), CALLSCOPE_REEXECUTED: '1', ...env }, timeout: 110_000 }
  const child = execFile(process.execPath, [file, 'canary', '--once', '--json', '--config', install.config], options)
  let out = ''
  child.stdout?.on('data', (text: string) => {
    out += text
  })
  child.on('close', (exit) => resolve({ ...(JSON.parse(out) as Report), exit: exit ?? -1 }))
  return promise
}

const faults = ({ findings }: Report) =>
  findings.map(({ store, missing, duplicate, wrong }) => [store, missing + duplicate + wrong])

test('a round through a broker, a worker, the warehouse and Loki is sound', async () => {
  worker = install.startWorker()
  await worker.ready()
  expect([worker.isAlive(), worker.complaints()]).toEqual([true, []])
  const report = await canary({ CALLSCOPE_CANARY_WITHIN_SECONDS: '90' })
  expect(report.notes).toEqual([])
  expect(faults(report)).toEqual([
    ['raw', 0],
    ['records', 0],
    ['logs', 0],
    ['traces', 0],
  ])
  expect(report.exit).toBe(0)
})

test('a store of logs that nobody reaches is told, and the others are well', async () => {
  // The canary looks where the workers do not write: as good as a store that has lost everything.
  const report = await canary({ CALLSCOPE_CANARY_WITHIN_SECONDS: '30', CALLSCOPE_LOKI_URL: 'http://127.0.0.1:9' })
  expect(report.exit).toBe(1)
  expect(report.findings.filter(({ missing }) => missing > 0).map(({ store }) => store)).toEqual(['logs'])
})

describe('with a Prometheus that is asked for its count of ended calls', () => {
  const watched = (url: string, seconds: number) => ({
    ...{ CALLSCOPE_CANARY_PROMETHEUS_URL: url, CALLSCOPE_CANARY_WITHIN_SECONDS: String(seconds) },
  })
  const metricsOf = ({ findings }: Report) => findings.find(({ store }) => store === 'metrics')
  const ended = `callscope_calls_total{tenant="canary"}`

  test('a round is sound once it has scraped the worker, and its count has risen by the calls of the round', async ({
    skip,
  }) => {
    // Of a Prometheus that was not started here nobody but its owner says what it scrapes.
    const watching = watchedBy(stack, 'canary') ?? skip()
    await watching.scrape([await worker.url])
    await expect.poll(() => watching.sum(`sum(${ended})`), { timeout: 30_000, interval: 500 }).toBeGreaterThan(0)
    const before = await watching.sum(`sum(${ended})`)
    const report = await canary(watched(stack.prometheus, 90))
    expect(report.notes).toEqual([])
    expect(faults(report).map(([, count]) => count)).toEqual([0, 0, 0, 0, 0])
    expect(await watching.sum(`sum(${ended})`)).toBe(before + (metricsOf(report)?.expected ?? 0))
    expect(report.exit).toBe(0)
  })

  test('a round that it does not see, because it scrapes nobody, is told, and of nothing else', async ({ skip }) => {
    const watching = watchedBy(stack, 'canary') ?? skip()
    await watching.scrape([])
    await expect.poll(() => watching.sum(`count(${ended}) or vector(0)`), { timeout: 30_000, interval: 500 }).toBe(0)
    const report = await canary(watched(stack.prometheus, 30))
    expect(metricsOf(report)).toMatchObject({ missing: metricsOf(report)?.expected })
    expect(report.findings.filter(({ missing }) => missing > 0).map(({ store }) => store)).toEqual(['metrics'])
    expect(report.exit).toBe(1)
  })

  test('one that nobody answers for is told, and the other stores are looked into all the same', async () => {
    const report = await canary(watched('http://127.0.0.1:9', 30))
    expect(report.notes).toEqual([expect.stringMatching(/^metrics: could not be asked/)])
    expect(report.findings.filter(({ missing }) => missing > 0).map(({ store }) => store)).toEqual(['metrics'])
    expect(report.exit).toBe(1)
  })
})

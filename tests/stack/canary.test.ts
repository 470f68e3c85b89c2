import { execFile } from 'node:child_process'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openStackInstall, type StackInstall } from './faults/install.ts'
import { ownName, plainEnvironment } from './names.ts'
import { temporaryFolder } from './servers/guard.ts'
import { repositoryFile } from './servers/server.ts'

let install: StackInstall

beforeAll(async () => {
  const settings = [`loki: {url: "${inject('stack').loki}", tenantId: "${ownName('canary')}"}`]
  install = await openStackInstall({ folder: await temporaryFolder('callscope-canary-'), settings })
})
afterAll(() => install.close())

interface Report {
  readonly findings: readonly {
    readonly store: string
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
  const worker = install.startWorker()
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
  const report = await canary({ CALLSCOPE_CANARY_WITHIN_SECONDS: '45', CALLSCOPE_LOKI_URL: 'http://127.0.0.1:9' })
  expect(report.exit).toBe(1)
  expect(report.findings.filter(({ missing }) => missing > 0).map(({ store }) => store)).toEqual(['logs'])
})

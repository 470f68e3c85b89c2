import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { nodeFlags, resultFile } from './bench-case.ts'
import { cases } from './cases/index.ts'
import type { StatementFigures } from './statements.ts'

const usage = `node benchmarks/profile.ts [--case NAME] [--samples N] [--full] [--top N]

Runs a case (spine unless named) at its quick size under the CPU profiler of Node, and prints where the JavaScript thread
spent its time, how long each kind of ClickHouse statement took, and CPU by thread. The profile is left in
benchmarks/results/profile/ for Chrome's DevTools.`

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}

interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const root = join(import.meta.dirname, '..')
const folder = join(import.meta.dirname, 'results', 'profile')

const { values } = parseArgs({
  options: {
    case: { type: 'string', default: 'spine' },
    samples: { type: 'string' },
    full: { type: 'boolean', default: false },
    top: { type: 'string', default: '25' },
    help: { type: 'boolean' },
  },
})
if (values.help === true || !cases.some(({ name }) => name === values.case)) process.stdout.write(`${usage}\n`)
else profile(values.case, !values.full, values.samples, Number(values.top))

function profile(name: string, quick: boolean, samples: string | undefined, top: number): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const run = join(import.meta.dirname, 'run-case.ts')
  const flags = [...nodeFlags, '--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=1000']
  const env = samples === undefined ? process.env : { ...process.env, BENCH_SAMPLES: samples }
  const { status } = spawnSync(process.execPath, [...flags, run, name, ...(quick ? ['--quick'] : [])], {
    stdio: 'inherit',
    env,
  })
  if (status !== 0) throw new Error(`${name} could not be run`)
  // A case may start processes of its own; its own profile is the last one written.
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.cpuprofile'))
    .sort()
  const last = files.at(-1)
  if (last === undefined) throw new Error('Node left no profile')
  print(JSON.parse(readFileSync(join(folder, last), 'utf8')) as CpuProfile, top)
  printEngine(name, quick)
}

function print({ nodes, samples, timeDeltas }: CpuProfile, top: number): void {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const selfOf = new Map<number, number>()
  for (const [at, id] of samples.entries()) selfOf.set(id, (selfOf.get(id) ?? 0) + (timeDeltas[at] ?? 0) / 1e6)
  const self = new Map<string, number>()
  const total = new Map<string, number>()
  /** Time of a node and all below; `above` keeps a function that calls itself from being counted twice. */
  const walk = (node: ProfileNode, above: ReadonlySet<string>): number => {
    const name = nameOf(node)
    const own = selfOf.get(node.id) ?? 0
    const within = new Set(above).add(name)
    const below = (node.children ?? []).reduce((sum, id) => {
      const child = byId.get(id)
      return child === undefined ? sum : sum + walk(child, within)
    }, 0)
    self.set(name, (self.get(name) ?? 0) + own)
    if (!above.has(name)) total.set(name, (total.get(name) ?? 0) + own + below)
    return own + below
  }
  const first = nodes[0]
  const all = first === undefined ? 0 : walk(first, new Set())
  const idle = self.get('(idle)') ?? 0
  process.stdout.write(`\nJavaScript thread: ${(all - idle).toFixed(1)} s busy of ${all.toFixed(1)} s\n`)
  table('self time', self, all - idle, top, (name) => name !== '(idle)' && name !== '(root)')
  table('with all they call, ours only', total, all - idle, top, (name) => /^\S+ [a-z]+\//.test(name))
}

function table(
  title: string,
  times: ReadonlyMap<string, number>,
  busy: number,
  top: number,
  shows: (name: string) => boolean,
): void {
  const rows = [...times]
    .filter(([name]) => shows(name))
    .sort((a, b) => b[1] - a[1])
    .slice(0, top)
  process.stdout.write(`\n${title}\n`)
  for (const [name, time] of rows) {
    process.stdout.write(
      `${time.toFixed(2).padStart(8)} s ${((100 * time) / busy).toFixed(1).padStart(5)} %  ${name}\n`,
    )
  }
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  if (url === '') return name
  const path = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url
  return `${name} ${path}:${lineNumber + 1}`
}

function printEngine(name: string, quick: boolean): void {
  const { detail } = JSON.parse(readFileSync(resultFile(name, quick), 'utf8')) as {
    detail?: { statements?: readonly StatementFigures[]; cpuSecondsByThread?: Readonly<Record<string, number>> }
  }
  if (detail?.statements === undefined) return
  process.stdout.write(
    '\nClickHouse statements: seconds, waited for the connection, parsing the result, count, longest\n',
  )
  for (const { label, count, seconds, maxSeconds, waitedSeconds, parseSeconds, textBytes } of detail.statements) {
    const figures = [seconds, waitedSeconds, parseSeconds].map((value) => value.toFixed(2).padStart(8)).join(' ')
    const text = `${Math.round(textBytes / count / 1_024)} KiB of text each`
    process.stdout.write(
      `${figures} ${String(count).padStart(6)} ${maxSeconds.toFixed(2).padStart(7)}  ${label} (${text})\n`,
    )
  }
  process.stdout.write('\nCPU seconds by thread\n')
  for (const [thread, value] of Object.entries(detail.cpuSecondsByThread ?? {})) {
    process.stdout.write(`${value.toFixed(2).padStart(8)}  ${thread}\n`)
  }
}

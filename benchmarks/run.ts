import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Aim, nodeFlags, resultFile } from './bench-case.ts'
import { cases } from './cases/index.ts'

const usage = `npm run bench [-- --only NAME[,NAME...]] [--quick]

  --only   run these cases: ${cases.map(({ name }) => name).join(', ')}
  --quick  small sizes, a minute in all: to see that everything runs, not to measure

Each case runs in a process of its own and leaves benchmarks/results/<case>.json (quick ones in results/quick/).`

interface Result {
  readonly figures: Readonly<Record<string, number>>
  readonly ratios: Readonly<Record<string, number>>
  readonly aims: readonly (Aim & { readonly met: boolean })[]
}

const { values } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean', default: false }, help: { type: 'boolean' } },
})
if (values.help === true) {
  process.stdout.write(`${usage}\n`)
} else {
  const names = values.only?.split(',') ?? cases.map(({ name }) => name)
  const unknown = names.find((name) => !cases.some((known) => known.name === name))
  if (unknown === undefined) process.exitCode = runAll(names, values.quick)
  else {
    process.stderr.write(`no case "${unknown}"\n\n${usage}\n`)
    process.exitCode = 2
  }
}

/** One after another: two at a time would measure each other. Exit code 1 only when one could not be run. */
function runAll(names: readonly string[], quick: boolean): number {
  let failed = 0
  for (const name of names) {
    process.stderr.write(`${name}\n`)
    const run = join(import.meta.dirname, 'run-case.ts')
    const { status } = spawnSync(process.execPath, [...nodeFlags, run, name, ...(quick ? ['--quick'] : [])], {
      stdio: 'inherit',
    })
    if (status === 0) summarize(name, JSON.parse(readFileSync(resultFile(name, quick), 'utf8')) as Result)
    else failed = 1
  }
  return failed
}

function summarize(name: string, { figures, ratios, aims }: Result): void {
  const lines = [`\n${name}`]
  for (const [what, value] of Object.entries(figures)) lines.push(`  ${what.padEnd(40)} ${shown(value)}`)
  for (const [what, value] of Object.entries(ratios)) lines.push(`  ${what.padEnd(40)} ${value.toFixed(3)}`)
  for (const { what, aim, better, got, met } of aims) {
    const verdict = met ? 'met' : 'NOT MET'
    lines.push(
      `  ${met ? '+' : '-'} ${what}: ${shown(got)}, aim ${better === 'more' ? '>=' : '<='} ${shown(aim)}: ${verdict}`,
    )
  }
  process.stdout.write(`${lines.join('\n')}\n`)
}

function shown(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value >= 1_000 ? 0 : value >= 10 ? 1 : 3 })
}

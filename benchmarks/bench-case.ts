import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'

export interface CaseOptions {
  /** Small sizes, to see that it runs: the figures are no measure of anything. */
  readonly quick: boolean
  /** A folder of the case's own on a real disk, removed afterwards. */
  readonly folder: string
  readonly note: (text: string) => void
}

/** What was hoped for, and what came. Never fails a test: machines differ, and ratios tell more than seconds. */
export interface Aim {
  readonly what: string
  readonly aim: number
  readonly better: 'more' | 'less'
  readonly got: number
}

export interface Outcome {
  readonly sizes: Readonly<Record<string, number>>
  readonly figures: Readonly<Record<string, number>>
  /** Figures divided by baselines measured in the same run. */
  readonly ratios: Readonly<Record<string, number>>
  readonly aims: readonly Aim[]
  /** How it was measured, in words. */
  readonly notes: readonly string[]
  /** Longer lists: statements, memory over time. */
  readonly detail?: Readonly<Record<string, unknown>>
}

export interface BenchCase {
  readonly name: string
  readonly title: string
  run(options: CaseOptions): Promise<Outcome>
}

const root = join(import.meta.dirname, 'results')

/** Quick runs lie apart and are not kept: they must never be taken for figures. */
export const resultFile = (name: string, quick: boolean): string =>
  quick ? join(root, 'quick', `${name}.json`) : join(root, `${name}.json`)

export function writeResult({ name, title }: BenchCase, quick: boolean, loadBefore: number, outcome: Outcome): void {
  const file = resultFile(name, quick)
  mkdirSync(join(file, '..'), { recursive: true })
  const { detail, ...rest } = outcome
  const result = {
    name,
    title,
    quick,
    at: new Date().toISOString(),
    commit: commit(),
    machine: machine(loadBefore),
    ...rest,
    aims: outcome.aims.map((aim) => ({ ...aim, met: isMet(aim) })),
    ...(detail === undefined ? {} : { detail }),
  }
  writeFileSync(file, `${JSON.stringify(result, rounded, 2)}\n`)
}

export const isMet = ({ aim, better, got }: Pick<Aim, 'aim' | 'better' | 'got'>): boolean =>
  better === 'more' ? got >= aim : got <= aim

/** Load before the start says whether the machine was ours alone: above about 0.5 the figures are too low. */
function machine(loadBefore: number) {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: totalmem() / 2 ** 30,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    loadBefore,
  }
}

export const loadNow = (): number => loadavg()[0] ?? 0

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}

/** Four digits are more than any of these figures is worth. */
function rounded(_key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isInteger(value)) return value
  return Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(4))
}

/** Node's flags as `npx callscope` runs with (first line of app/callscope.ts). */
export const nodeFlags = ['--max-semi-space-size=64'] as const

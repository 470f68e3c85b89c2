import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchCase, loadNow, writeResult } from './bench-case.ts'
import { cases } from './cases/index.ts'

/** Runs one case in this process, and writes its result. */
async function runCase(benchCase: BenchCase, quick: boolean): Promise<void> {
  const loadBefore = loadNow()
  const folder = mkdtempSync(join(tmpdir(), `callscope-bench-${benchCase.name}-`))
  try {
    const note = (text: string) => process.stderr.write(`  ${benchCase.name}: ${text}\n`)
    writeResult(benchCase, quick, loadBefore, await benchCase.run({ quick, folder, note }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [name, size] = process.argv.slice(2)
const chosen = cases.find((known) => known.name === name)
if (chosen === undefined) throw new Error(`no case "${name}": there are ${cases.map((known) => known.name).join(', ')}`)
await runCase(chosen, size === '--quick')
process.exit(0) // the engine's threads would hold the process

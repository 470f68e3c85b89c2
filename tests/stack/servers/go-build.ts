import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from './cache.ts'
import { runCommand } from './run-command.ts'

export interface GoProgram {
  /** Under this name and version it is cached. */
  readonly name: string
  readonly version: string
  /** Go module and its version, as the module proxy knows them; or a folder of ours with a go.mod. */
  readonly source: { readonly module: string; readonly tag: string } | { readonly folder: string }
  /** Packages of commands, from the module's root: ./cmd/loki */
  readonly packages: readonly string[]
  readonly tags?: readonly string[]
  /** Files that a release has and the module lacks, by path from its root. */
  readonly added?: Readonly<Record<string, string>>
  /** -X settings of the linker: what the program says of itself. */
  readonly stamps?: Readonly<Record<string, string>>
}

/** Go itself fetches and checks modules against the checksum database; -mod=mod lets it note the sums of what a nested module lacks. */
const goEnvironment = { GOFLAGS: '-mod=mod -buildvcs=false', GOWORK: 'off', CGO_ENABLED: '0' }

/** Builds commands of a Go module, once for each version. Gives back the folder of the binaries. */
export function buildGo(program: GoProgram): Promise<string> {
  return cached(`${program.name}-${program.version}-${recipeOf(program)}`, async (folder) => {
    const source = join(folder, 'source')
    await fetchSource(program, source)
    for (const [path, text] of Object.entries(program.added ?? {})) {
      await mkdir(join(source, path, '..'), { recursive: true })
      await writeFile(join(source, path), text)
    }
    await withoutNeighbours(join(source, 'go.mod'))
    const stamps = Object.entries(program.stamps ?? {}).map(([name, value]) => `-X ${name}=${value}`)
    await runCommand(
      'go',
      [
        ...['build', '-ldflags', ['-s', '-w', ...stamps].join(' '), '-tags', (program.tags ?? []).join(',')],
        ...['-o', `${folder}/`, ...program.packages],
      ],
      { cwd: source, env: goEnvironment, minutes: 40 },
    )
    await rm(source, { recursive: true })
  })
}

/** Another recipe is another program, though its version be the same. */
function recipeOf(program: GoProgram): string {
  const hash = createHash('sha256').update(JSON.stringify([goEnvironment, { ...program, source: undefined }]))
  if ('folder' in program.source) {
    const { folder } = program.source
    for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)))
  }
  return hash.digest('hex').slice(0, 8)
}

async function fetchSource({ source }: GoProgram, folder: string): Promise<void> {
  if ('folder' in source) return cp(source.folder, folder, { recursive: true })
  const answer = await runCommand('go', ['mod', 'download', '-json', `${source.module}@${source.tag}`], { minutes: 10 })
  const { Dir } = JSON.parse(answer) as { Dir: string }
  await cp(Dir, folder, { recursive: true })
  // Go keeps its modules read-only, and the copy is as its original.
  await runCommand('chmod', ['-R', 'u+w', folder])
}

/** A module comes without the modules nested in it: where go.mod points at those, the published ones are taken. */
async function withoutNeighbours(path: string): Promise<void> {
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace(/^(replace )?[^\n]*=> \.[^\n]*\n/gm, ''))
}

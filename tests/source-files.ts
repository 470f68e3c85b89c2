import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** The repository's own folder. */
export const root = join(import.meta.dirname, '..')

/** One TypeScript file of ours. */
export interface SourceFile {
  /** From the repository's folder, with forward slashes. */
  readonly path: string
  /** First folder of the path, or '' for files that lie at the top. */
  readonly room: string
  readonly text: string
  /** The text without comments: what runs. Strings are kept. */
  readonly code: string
  readonly imports: readonly Import[]
}

export interface Import {
  /** As written: '#contracts/ids.ts', './batch.ts', 'zod', 'node:fs'. */
  readonly specifier: string
  /** Path of the file of ours that it leads to; undefined for packages and Node's own modules. */
  readonly to: string | undefined
  /** Erased before anything runs. */
  readonly typeOnly: boolean
}

const skipped = new Set(['node_modules', 'fixtures', 'coverage', 'callscope-data'])

/** Every file of ours whose name ends so, as paths from the repository's folder. */
export function listFiles(ending: string, folder: string = root): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !skipped.has(name) && !name.startsWith('.'))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return listFiles(ending, path)
      return entry.name.endsWith(ending) ? [relative(root, path).replaceAll('\\', '/')] : []
    })
    .sort()
}

export const readSources = (): readonly SourceFile[] => [...listFiles('.ts'), ...listFiles('.tsx')].map(readSource)

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8')
  const code = withoutComments(text)
  return {
    path,
    room: path.includes('/') ? (path.split('/')[0] ?? '') : '',
    text,
    code,
    imports: importsOf(path, code),
  }
}

/**
 * Tests, and what only tests use: a file that is imported, or started by name, by tests and by nothing else. What people
 * start themselves is none of them, though tests may be the only files that name it.
 */
export function testFilesOf(
  files: readonly SourceFile[],
  programs: ReadonlySet<string> = startedByPeople(),
): ReadonlySet<string> {
  const users = new Map<string, Set<string>>()
  for (const file of files) {
    for (const used of [...file.imports.map(({ to }) => to ?? ''), ...startedBy(file)]) {
      users.set(used, (users.get(used) ?? new Set()).add(file.path))
    }
  }
  const tests = new Set(
    files.map(({ path }) => path).filter((path) => path.endsWith('.test.ts') || path.startsWith('tests/')),
  )
  for (let before = -1; before !== tests.size; ) {
    before = tests.size
    for (const [path, by] of users) if (!programs.has(path) && [...by].every((user) => tests.has(user))) tests.add(path)
  }
  return tests
}

/** Files that package.json names: its commands, and those that its scripts start. */
function startedByPeople(): ReadonlySet<string> {
  const { bin, scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly bin: Readonly<Record<string, string>>
    readonly scripts: Readonly<Record<string, string>>
  }
  const named = [...Object.values(bin), ...Object.values(scripts)].flatMap(
    (line) => line.match(/[\w./-]+\.ts\b/g) ?? [],
  )
  return new Set(named.map((path) => path.replace(/^\.\//, '')))
}

/** Files beside this one that it names in a string, to start them as processes of their own. */
function startedBy({ path, code }: SourceFile): readonly string[] {
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  return [...code.matchAll(/['"](?:\.\/)?([\w-]+\.ts)['"]/g)].map(([, name = '']) => `${folder}${name}`)
}

// Strings and regular expressions are matched too, and kept, so that what looks like a comment within one stays.
const comment =
  /('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|(?<=[=(,:?&|!]\s*)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g

export const withoutComments = (text: string): string =>
  text.replace(comment, (_, kept: string | undefined) => kept ?? ' ')

/**
 * Import statements, found by their shape: our formatter writes each at the start of a line, and a parser of TypeScript
 * would be a large dependency for this one use. A test plants every shape.
 */
export function importsOf(path: string, code: string): readonly Import[] {
  const statements = /^\s*(import|export)(\s+type\b)?[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm
  const named = [...code.matchAll(statements)].map(([, , type, specifier = '']) => ({
    specifier,
    typeOnly: type !== undefined,
  }))
  const bare = [...code.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm)].map(([, specifier = '']) => ({
    specifier,
    typeOnly: false,
  }))
  const dynamic = [...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)].map(([, specifier = '']) => ({
    specifier,
    typeOnly: false,
  }))
  return [...named, ...bare, ...dynamic].map((found) => ({ ...found, to: targetOf(path, found.specifier) }))
}

function targetOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1)
  if (specifier.startsWith('.')) return join(dirname(from), specifier).replaceAll('\\', '/')
  return undefined
}

/** The package that a specifier names; undefined for Node's own modules and for files of ours. */
export function packageOf(specifier: string): string | undefined {
  if (/^(node:|#|\.)/.test(specifier)) return undefined
  const [scope = '', name = ''] = specifier.split('/')
  return scope.startsWith('@') ? `${scope}/${name}` : scope
}

export const isFile = (path: string): boolean =>
  statSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true

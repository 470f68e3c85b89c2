import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rawColumns, sampleTypes } from '#contracts/raw-tables.ts'
import { readMigrations } from '#docs/data-model-page.ts'
import { generatedFiles } from '#docs/generate.ts'
import { tablesOf } from '#docs/sql-tables.ts'
import { isFile, listFiles, readSources, root, withoutComments } from './source-files.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n')

describe('documents', () => {
  test.each([...generatedFiles()])('docs/%s says what the code says now (npm run docs)', (path, content) => {
    expect(read(`docs/${path}`)).toBe(content)
  })

  test('no schema is published that the code no longer has', () => {
    const published = listFiles('.json', join(root, 'docs', 'schemas'))
    expect(published.filter((path) => !generatedFiles().has(path.slice('docs/'.length)))).toEqual([])
  })

  test('every relative link leads somewhere', () => {
    const broken = listFiles('.md').flatMap((page) => {
      const folder = page.includes('/') ? page.slice(0, page.lastIndexOf('/')) : '.'
      return linksOf(read(page))
        .filter((link) => !exists(join(folder, link)))
        .map((link) => `${page}: ${link}`)
    })
    expect(broken).toEqual([])
  })

  test('every file and test that the architecture names is there', () => {
    const page = read('docs/architecture.md')
    const paths = [
      ...page.matchAll(
        /`((?:app|collectors|contracts|docs|pipelines|quality|registry|simulator|sinks|tests|warehouse)\/[\w./-]+)`/g,
      ),
    ]
    expect(paths.map(([, path = '']) => path).filter((path) => !exists(path))).toEqual([])
    // What a port promises is tested in tests/promises/, for every implementation.
    const tests = [...listFiles('.test.ts'), ...listFiles('.ts', join(root, 'tests'))].map(read).join('\n')
    const named = [...page.matchAll(/test “([^”]+)”/gi)].map(([, name = '']) => name.replace(/\s+/g, ' '))
    expect(named.filter((name) => !tests.includes(name))).toEqual([])
  })
})

describe('warehouse', () => {
  const { tables } = tablesOf(readMigrations('warehouse'))

  test.each(Object.entries(rawColumns))('rows of %s travel in columns that its table has', (name, columns) => {
    const declared = tables
      .find((table) => table.name === name)
      ?.columns.flatMap(({ name: column, type }) => nested(column, type))
    expect(columns.filter((column) => !declared?.includes(column))).toEqual([])
  })

  test.each([
    'quality_samples',
    'call_events',
    'cdr_records',
    'cdr_billing',
    'call_links',
    'call_evidence',
    'audit_log',
    'activity_events',
  ] as const)('rows of %s fill every column, in the order of the table', (name) => {
    expect(rawColumns[name]).toEqual(tables.find((table) => table.name === name)?.columns.map((column) => column.name))
  })

  test('samples travel in the types of their table', () => {
    const declared = tables.find((table) => table.name === 'quality_samples')?.columns ?? []
    const plain = declared.map(({ name, type }) => [name, type.replace(/^(LowCardinality|Enum8)\(.*\)$/, 'String')])
    expect(sampleTypes).toEqual(Object.fromEntries(plain))
  })
})

describe('code', () => {
  // Rule of docs/style.md: beyond 300 lines a file holds two things.
  test('no file is longer than 300 lines', () => {
    const long = readSources().map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    expect(long.filter(({ lines }) => lines > 300)).toEqual([])
  })

  test('no test is left out, and none keeps the others from running', () => {
    const left = readSources().filter(
      ({ path, code }) => path.endsWith('.test.ts') && /\b(?:test|it|describe)\.(?:skip|only|todo|fails)\b/.test(code),
    )
    expect(left.map(({ path }) => path)).toEqual([])
  })

  test('nothing is noted to be done later: it is done, or it is an issue', () => {
    const notes = new RegExp(`\\b(?:${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')}|X{3})\\b`)
    expect(
      readSources()
        .filter(({ text }) => notes.test(text))
        .map(({ path }) => path),
    ).toEqual([])
  })

  test('comments are told from code', () => {
    expect(withoutComments('test(1) // test(2)')).toBe('test(1)  ')
  })
})

describe('packages', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { resolved?: string; version?: string }>
  }
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const

  test('every version is pinned exactly, and is the one in the lock file', () => {
    const loose = kinds.flatMap((kind) =>
      Object.entries(manifest[kind] ?? {}).filter(
        ([name, version]) =>
          !/^\d+\.\d+\.\d+$/.test(version) || lock.packages[`node_modules/${name}`]?.version !== version,
      ),
    )
    expect(loose).toEqual([])
  })

  test('the lock file names no registry: everybody installs from their own', () => {
    const named = Object.entries(lock.packages).filter(([, { resolved }]) => resolved !== undefined)
    expect(named.map(([path]) => path)).toEqual([])
  })

  test('every script starts a file that is there', () => {
    const started = Object.entries(manifest.scripts ?? {}).flatMap(([name, line]) =>
      [...line.matchAll(/\bnode ([\w./-]+\.ts)/g)].map(([, path = '']) => ({ name, path })),
    )
    expect(started.filter(({ path }) => !isFile(path))).toEqual([])
  })
})

const linksOf = (page: string): readonly string[] =>
  [...page.replace(/```[\s\S]*?```/g, '').matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))

const exists = (path: string): boolean => isFile(path) || listsFolder(path)

const listsFolder = (path: string): boolean => {
  try {
    return listFiles('', join(root, path)).length > 0
  } catch {
    return false
  }
}

/** `Events Nested (Name ...)` is reached as `Events.Name`. */
function nested(column: string, type: string): readonly string[] {
  if (!type.startsWith('Nested')) return [column]
  const inner = type.slice(type.indexOf('(') + 1, -1).replace(/\([^()]*(?:\([^()]*\)[^()]*)*\)/g, '')
  return inner.split(',').map((part) => `${column}.${part.trim().split(' ')[0]}`)
}

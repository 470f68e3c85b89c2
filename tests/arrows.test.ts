import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  importsOf,
  isFile,
  packageOf,
  readSources,
  root,
  type SourceFile,
  testFilesOf,
  withoutComments,
} from './source-files.ts'

const sources = readSources()

/** Rooms and what else each may import. Adding a room is a line here. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  quality: ['contracts'],
  collectors: ['contracts', 'quality'],
  pipelines: ['contracts', 'quality'],
  sinks: ['contracts', 'quality'],
  warehouse: ['contracts', 'quality'],
  registry: ['contracts', 'quality'],
  reports: ['contracts', 'quality'],
  explorer: ['contracts', 'quality'],
  dashboards: ['contracts', 'quality'],
  alerts: ['contracts', 'quality'],
}

/** These put rooms together, or look at them from outside. */
const above = ['app', 'simulator', 'tests', 'benchmarks', 'docs', 'deploy', '']

/** Where the world comes in: the clock, chance and the environment. Everybody else is handed them. */
const knowsTheWorld = ['app', 'tests', 'benchmarks', 'docs', 'deploy', '']

/** The page runs in a browser, where app/ is not: this file is its clock and its chance. */
const worldOfThePage = 'explorer/web/world.ts'

const testFiles = testFilesOf(sources)
const product = sources.filter(({ path }) => !testFiles.has(path))

describe('arrows', () => {
  test('every folder that holds code is a known room', () => {
    const known = [...Object.keys(rooms), ...above]
    expect(sources.filter(({ room }) => !known.includes(room)).map(({ path }) => path)).toEqual([])
  })

  test.each(Object.entries(rooms))('%s/ imports only itself, and of ours: %s', (room, others) => {
    const allowed = [room, ...others]
    const strays = sources
      .filter((file) => file.room === room)
      .flatMap((file) => {
        // Tests may also take what all tests share.
        const own = testFiles.has(file.path) ? [...allowed, 'tests'] : allowed
        return strayImports(file, own)
      })
    expect(strays).toEqual([])
  })

  test('nobody reaches out of a room by a relative path', () => {
    const reaching = sources.flatMap(({ path, room, imports }) =>
      imports
        .filter(
          ({ specifier, to }) =>
            specifier.startsWith('../../') || (specifier.startsWith('.') && roomOf(to ?? '') !== room),
        )
        .map(({ specifier }) => `${path} imports ${specifier}`),
    )
    expect(reaching).toEqual([])
  })

  test('every import of ours leads to a file', () => {
    const broken = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ to }) => to !== undefined && !isFile(to))
        .map(({ specifier }) => `${path} imports ${specifier}`),
    )
    expect(broken).toEqual([])
  })

  test('no file needs, by way of others, itself to run', () => {
    expect(cyclesOf(sources, ({ typeOnly }) => !typeOnly)).toEqual([])
  })

  test('no room needs, by way of others, itself', () => {
    const links = product.flatMap(({ room, imports }) =>
      imports.flatMap(({ to }) => (to === undefined ? [] : [[room, roomOf(to)] as const])),
    )
    const mutual = links.filter(([from, to]) => from < to && links.some(([a, b]) => a === to && b === from))
    expect([...new Set(mutual.map((pair) => pair.join(' <-> ')))]).toEqual([])
  })

  test('what runs imports packages that are installed for it, and tests nothing undeclared', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >
    const runtime = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })
    const all = [...runtime, ...Object.keys(manifest.devDependencies ?? {})]
    const undeclared = sources.flatMap(({ path, room, imports }) => {
      const declared = testFiles.has(path) || ['tests', 'benchmarks', ''].includes(room) ? all : runtime
      return imports.flatMap(({ specifier }) => {
        const name = packageOf(specifier)
        return name === undefined || declared.includes(name) ? [] : [`${path} imports ${name}`]
      })
    })
    expect(undeclared).toEqual([])
  })
})

describe('the world comes in through app/', () => {
  test.each([
    ['process.env', /\bprocess\.env\b/],
    ['Date.now()', /\bDate\.now\b/],
    ['new Date() of now', /\bnew Date\(\s*\)/],
    ['Math.random()', /\bMath\.random\b/],
  ])('%s is read nowhere else', (_, pattern) => {
    const asked = product.filter(({ room, path }) => !knowsTheWorld.includes(room) && path !== worldOfThePage)
    const readers = asked.filter(({ code }) => pattern.test(code))
    expect(readers.map(({ path }) => path)).toEqual([])
  })
})

describe('the rules themselves', () => {
  test('every way to write an import is seen', () => {
    // In pieces, or this file would seem to import them all.
    const code = [
      "import { a } from '#contracts/ids.ts'",
      "import type { B } from '../batch.ts'",
      'import {',
      '  c,',
      '} from "./c.ts"',
      "import './side-effect.ts'",
      "export { d } from './d.ts'",
      "export * from './e.ts'",
      "export type { F } from './f.ts'",
      `const g = await ${'import'}('#sinks/g.ts')`,
    ].join('\n')
    expect(importsOf('pipelines/steps/x.ts', code).map(({ to, typeOnly }) => [to, typeOnly])).toEqual([
      ['contracts/ids.ts', false],
      ['pipelines/batch.ts', true],
      ['pipelines/steps/c.ts', false],
      ['pipelines/steps/d.ts', false],
      ['pipelines/steps/e.ts', false],
      ['pipelines/steps/f.ts', true],
      ['pipelines/steps/side-effect.ts', false],
      ['sinks/g.ts', false],
    ])
  })

  test('comments are left out, and strings that look like comments are not', () => {
    expect(withoutComments(`a // Date.now()\nb /* Math.random() */ 'http://x' /\\/\\*/`)).toBe(
      `a  \nb   'http://x' /\\/\\*/`,
    )
  })

  test('a stray is found', () => {
    const stray = aFile('sinks/loki/send.ts', "import { b } from '#warehouse/client.ts'\nimport { c } from './c.ts'")
    expect(strayImports(stray, ['sinks', 'contracts'])).toEqual(['sinks/loki/send.ts imports #warehouse/client.ts'])
  })

  test('what only tests use is a test, and what people start is not, though only tests name it', () => {
    const files = [
      aFile('app/a.test.ts', "import { b } from './b.ts'\nspawn('program.ts')"),
      aFile('app/b.ts', "import { c } from './c.ts'"),
      aFile('app/c.ts', ''),
      aFile('app/program.ts', "import { d } from './d.ts'"),
      aFile('app/d.ts', ''),
    ]
    expect([...testFilesOf(files, new Set(['app/program.ts']))]).toEqual(['app/a.test.ts', 'app/b.ts', 'app/c.ts'])
  })

  test('a circle of three is found', () => {
    const files = [
      ['a.ts', './b.ts'],
      ['b.ts', './c.ts'],
      ['c.ts', './a.ts'],
    ].map(([path = '', to = '']) => aFile(path, `import { x } from '${to}'`))
    expect(cyclesOf(files, () => true)).toEqual(['a.ts -> b.ts -> c.ts -> a.ts'])
  })
})

const roomOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : '')

const aFile = (path: string, code: string): SourceFile => ({
  path,
  room: '',
  text: code,
  code,
  imports: importsOf(path, code),
})

function strayImports({ path, imports }: SourceFile, allowed: readonly string[]): readonly string[] {
  return imports
    .filter(({ to }) => to !== undefined && !allowed.includes(roomOf(to)))
    .map(({ specifier }) => `${path} imports ${specifier}`)
}

/** Circles of imports, each once, from its first file in the order of names. */
function cyclesOf(
  files: readonly SourceFile[],
  counts: (found: SourceFile['imports'][number]) => boolean,
): readonly string[] {
  const known = new Map(files.map((file) => [file.path, file]))
  const found = new Set<string>()
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path)
    if (at >= 0) {
      const circle = trail.slice(at)
      const first = circle.indexOf([...circle].sort()[0] ?? path)
      const turned = [...circle.slice(first), ...circle.slice(0, first)]
      found.add([...turned, turned[0]].join(' -> '))
      return
    }
    if (done.has(path)) return
    for (const next of known.get(path)?.imports.filter(counts) ?? [])
      if (next.to !== undefined) visit(next.to, [...trail, path])
    done.add(path)
  }
  for (const { path } of files) visit(path, [])
  return [...found].sort()
}

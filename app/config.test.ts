import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from './config.ts'
import { describeSchema } from './config-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'callscope-config-'))
function aFile(text: string): string {
  const path = join(folder, 'config.yaml')
  writeFileSync(path, text)
  return path
}

test('without anything, the defaults bind to loopback and keep data beside the program', () => {
  expect(loadConfig({ env: {} })).toMatchObject({
    dataDir: './callscope-data',
    host: '127.0.0.1',
    port: 4650,
    defaultTenant: 'default',
  })
})

test('whose it is what nobody names: as stated, else the only tenant, else one that is nobody’s', () => {
  const of = (yaml: string) => {
    const { defaultTenant, defaultTenantStated } = loadConfig({ file: aFile(yaml), env: {} })
    return [defaultTenant, defaultTenantStated]
  }
  expect(of('tenants: [{id: acme}]')).toEqual(['acme', false])
  expect(of('tenants: [{id: acme}, {id: globex}]')).toEqual(['default', false])
  expect(of('tenants: [{id: acme}, {id: globex}]\ndefaultTenant: acme')).toEqual(['acme', true])
})

test('options beat variables, variables beat the file', () => {
  const file = aFile('port: 1000\nlogLevel: debug\nsql:\n  rowsMax: 7\n')
  const config = loadConfig({
    file,
    env: { CALLSCOPE_PORT: '2000', CALLSCOPE_SQL_TIMEOUT_SECONDS: '3' },
    options: { port: 3000 },
  })
  expect(config).toMatchObject({ port: 3000, logLevel: 'debug', sql: { rowsMax: 7, timeoutSeconds: 3 } })
})

test('an unknown key is an error that names it and the nearest known one', () => {
  expect(() => loadConfig({ file: aFile('dataDirectory: /x\n'), env: {} })).toThrow(
    /unknown setting "dataDirectory": did you mean "dataDir"\?/,
  )
  expect(() => loadConfig({ file: aFile('sql:\n  memoryMib: 5\n'), env: {} })).toThrow(
    /unknown setting "sql.memoryMib": did you mean "sql.memoryMiB"\?/,
  )
})

test('an unknown variable is an error that names the nearest known one', () => {
  expect(() => loadConfig({ env: { CALLSCOPE_PROT: '1' } })).toThrow(
    /unknown variable CALLSCOPE_PROT: did you mean CALLSCOPE_PORT\?/,
  )
})

test('an impossible value names the variable it came from and what the setting means', () => {
  expect(() => loadConfig({ env: { CALLSCOPE_PORT: 'often' } })).toThrow(
    /CALLSCOPE_PORT: .*expected number.*Port to listen on/,
  )
})

test('lists can be given in a variable with commas', () => {
  expect(loadConfig({ env: { CALLSCOPE_ALLOWED_HOSTS: 'a.example, b.example:80' } }).allowedHosts).toEqual([
    'a.example',
    'b.example:80',
  ])
})

test('a missing or broken file is a clear error', () => {
  expect(() => loadConfig({ file: '/nowhere.yaml', env: {} })).toThrow(
    /cannot read the configuration file \/nowhere.yaml/,
  )
  expect(() => loadConfig({ file: aFile('a: [1'), env: {} })).toThrow(/is not YAML/)
})

test('every setting says what it means', () => {
  expect(describeSchema().filter(({ help }) => help === '')).toEqual([])
})

test('an empty variable counts as not set, as compose files and charts pass it on', () => {
  const config = loadConfig({ env: { CALLSCOPE_ARCHIVE_URL: '', CALLSCOPE_TENANTS: '', CALLSCOPE_PORT: '' } })
  expect(config.archive.url).toBeUndefined()
  expect(config.port).toBe(4650)
  expect(() => loadConfig({ env: { CALLSCOPE_ARCHIVE_URI: '' } })).toThrow('CALLSCOPE_ARCHIVE_URL')
})

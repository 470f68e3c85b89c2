import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { compose, read } from './compose-file.ts'
import { root } from './source-files.ts'
import { temporaryFolder } from './stack/servers/guard.ts'
import { runCommand } from './stack/servers/run-command.ts'

/** A copy of the repository, as far as the script looks at it. A blank in its path is what people have. */
let clone: string
let secrets: string
beforeEach(async () => {
  clone = join(await temporaryFolder('callscope-make-env-'), 'a clone')
  secrets = join(clone, 'deploy', 'secrets')
  await mkdir(join(clone, 'deploy'), { recursive: true })
  await copyFile(join(root, 'deploy', 'make-env.sh'), join(clone, 'deploy', 'make-env.sh'))
})

/** Starts it with a umask under which all could read what is made. */
const makeEnv = (): Promise<string> =>
  runCommand('sh', ['-c', 'umask 000; cd / && sh "$0"', join(clone, 'deploy', 'make-env.sh')])
const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8)
const secret = (name: string): Promise<string> => readFile(join(secrets, name), 'utf8')
const everything = async (): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    await Promise.all([
      ...(await readdir(secrets)).map(async (name) => [name, await secret(name)] as const),
      readFile(join(clone, '.env'), 'utf8').then((text) => ['.env', text] as const),
    ]),
  )

describe('deploy/make-env.sh', () => {
  test('makes what compose asks for, and nothing that it does not', async () => {
    await makeEnv()
    // A reader of ClickHouse is a person: no service is given that password.
    expect(new Set(await readdir(secrets))).toEqual(
      new Set([...Object.keys(compose.secrets), 'clickhouse_reader_password']),
    )
    const env = await readFile(join(clone, '.env'), 'utf8')
    const stated = [...env.matchAll(/^(\w+)=/gm)].map(([, name]) => name)
    const asked = [...read('docker-compose.yml').matchAll(/(?<!\$)\$\{(\w+):\?/g)].map(([, name]) => name)
    const optional = Object.values(compose.services).flatMap(({ environment = {} }) =>
      Object.entries(environment).flatMap(([name, value]) => (value === null ? [name] : [])),
    )
    expect(new Set(asked)).toEqual(new Set(stated.filter((name) => name !== undefined && !optional.includes(name))))
    expect([...new Set(optional)].filter((name) => !new RegExp(`^(# )?${name}=`, 'm').test(env))).toEqual([])
    expect(env).toContain('SECRETS_FOLDER=./deploy/secrets')
  })

  test('its secrets are random, long and all different; no other install has one of them', async () => {
    await makeEnv()
    const names = (await readdir(secrets)).filter((name) => /_(password|secret|token)$/.test(name))
    const first = await Promise.all(names.map(secret))
    expect(names.length).toBeGreaterThan(12)
    expect(first.filter((text) => !/^[0-9a-f]{48}$/.test(text))).toEqual([])
    await rm(secrets, { recursive: true })
    await makeEnv()
    const all = [...first, ...(await Promise.all(names.map(secret)))]
    expect(new Set(all).size).toBe(2 * names.length)
  })

  test('only its owner opens the folder and .env; containers, which have users of their own, may read single files', async () => {
    await makeEnv()
    expect([
      await modeOf(join(clone, '.env')),
      await modeOf(secrets),
      await modeOf(join(secrets, 'archive_secret')),
    ]).toEqual(['600', '700', '644'])
    expect(await makeEnv()).toContain('everything is there')
    await chmod(secrets, 0o755)
    await makeEnv()
    expect(await modeOf(secrets)).toBe('700')
  })

  test('what is there stays as it is, and what is missing is made', async () => {
    await makeEnv()
    await writeFile(join(clone, '.env'), 'SECRETS_FOLDER=./deploy/secrets\nCALLSCOPE_TENANTS=[]\n')
    await writeFile(join(secrets, 'alertmanager_webhook_url'), 'https://pager.example.org/hook')
    const before = await everything()
    await makeEnv()
    expect(await everything()).toEqual(before)
    await rm(join(secrets, 'metrics_token'))
    expect(await makeEnv()).toMatch(/made metrics_token\s*$/)
    const { metrics_token: made, ...others } = await everything()
    expect(made).not.toBe(before.metrics_token)
    expect({ ...others, metrics_token: before.metrics_token }).toEqual(before)
  })

  test('ClickHouse is told hashes of its users’ passwords, also when one is changed', async () => {
    await makeEnv()
    await writeFile(join(secrets, 'clickhouse_grafana_password'), 'of my own')
    expect(await makeEnv()).toMatch(/made clickhouse_users\s*$/)
    const users = await secret('clickhouse_users')
    for (const [user, name] of [
      ['callscope', 'clickhouse_password'],
      ['callscope_reader', 'clickhouse_reader_password'],
      ['grafana', 'clickhouse_grafana_password'],
    ] as const) {
      const hash = createHash('sha256')
        .update(await secret(name))
        .digest('hex')
      expect(users).toContain(`<${user}><password_sha256_hex>${hash}</password_sha256_hex></${user}>`)
      expect(users).not.toContain(await secret(name))
      expect(read('deploy/clickhouse/users.d/callscope.xml')).toContain(`<${user}>`)
    }
    expect([...users.matchAll(/<password/g)]).toHaveLength(3)
  })

  test('an .env of an earlier version, with its known passwords, is refused and left alone', async () => {
    await writeFile(join(clone, '.env'), 'GRAFANA_PASSWORD=known\n')
    await expect(makeEnv()).rejects.toThrow(/earlier version.*docs\/deployment\.md/)
    expect(await readdir(clone)).toEqual(['.env', 'deploy'])
    expect(await readdir(join(clone, 'deploy'))).toEqual(['make-env.sh'])
  })

  test('prints no secret, and what it makes is no part of the repository or the image', async () => {
    const said = await makeEnv()
    const values = Object.values(await everything()).filter((text) => /^[0-9a-f]{48}$/.test(text))
    expect(values.filter((value) => said.includes(value))).toEqual([])
    const ignored = read('.gitignore').split('\n')
    expect(ignored).toEqual(expect.arrayContaining(['.env', '/deploy/secrets/']))
    const [everythingElse, ...kept] = read('.dockerignore')
      .split('\n')
      .filter((line) => /^(\*|!)/.test(line))
    expect(everythingElse).toBe('*')
    expect(kept.filter((line) => /deploy|\.env/.test(line))).toEqual([])
  })
})

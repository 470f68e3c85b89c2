import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { run } from '#app/cli-for-tests.ts'
import { loadConfig } from '#app/config.ts'
import { describeSchema } from '#app/config-settings.ts'
import { topicNames } from '#contracts/topics.ts'
import { root } from './source-files.ts'
import { prometheusFeatures } from './stack/servers/prometheus.ts'
import { serverVersions } from './stack/servers/versions.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const yaml = <Shape>(path: string): Shape => parse(read(path), { merge: true }) as Shape

interface Service {
  readonly image: string
  readonly command?: readonly string[]
  readonly entrypoint?: readonly string[]
  readonly environment?: Readonly<Record<string, string | null>>
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly secrets?: readonly (string | { readonly source: string })[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly disable?: boolean }
  readonly build?: string
  readonly profiles?: readonly string[]
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { readonly environment: string }>>
}

const compose = yaml<Compose>('docker-compose.yml')
const services = Object.entries(compose.services)
const callscopes = services.filter(([, { image }]) => image.startsWith('callscope:'))
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

  test('every mounted file and folder is in the repository, every volume and secret is declared', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''))
    expect(mounts.filter((from) => from.startsWith('.') && !existsSync(join(root, from)))).toEqual([])
    expect(mounts.filter((from) => !from.startsWith('.') && !(from in compose.volumes))).toEqual([])
    const secrets = services.flatMap(([, service]) =>
      (service.secrets ?? []).map((secret) => (typeof secret === 'string' ? secret : secret.source)),
    )
    expect(new Set(secrets)).toEqual(new Set(Object.keys(compose.secrets)))
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
      kafka: [portOf('deploy/kafka/server.properties', /^advertised.listeners=PLAINTEXT:\/\/kafka:(\d+)/m)],
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

  test('nothing is reached from other machines, and workers have no port that a second one would want', () => {
    const published = services.flatMap(([, { ports = [] }]) => ports)
    expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
    const own = published.map((port) => port.split(':')[1])
    expect(new Set(own).size).toBe(own.length)
    expect(compose.services['callscope-worker']?.ports).toBeUndefined()
  })

  test('holds no password: each comes from a variable that .env.example names', () => {
    const example = new Set([...read('.env.example').matchAll(/^#? ?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name))
    const used = [
      ...[...read('docker-compose.yml').matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name),
      ...Object.values(compose.secrets).map(({ environment }) => environment),
      ...services.flatMap(([, { environment = {} }]) =>
        Object.entries(environment).flatMap(([name, value]) => (value === null ? [name] : [])),
      ),
    ]
    expect(used.filter((name) => !example.has(name))).toEqual([])
    const literal = services.flatMap(([, { environment = {} }]) =>
      Object.entries(environment).filter(
        ([name, value]) =>
          /PASSWORD|SECRET|TOKEN/.test(name) && !/_FILE$/.test(name) && !/^\$\{\w+:\?/.test(value ?? ''),
      ),
    )
    expect(literal.filter(([name]) => name !== 'MINIO_ROOT_PASSWORD_FILE' && !name.endsWith('__FILE'))).toEqual([])
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
    const manifest = JSON.parse(read('package.json')) as { dependencies: { node: string }; bin: { callscope: string } }
    const bases = [...dockerfile.matchAll(/^FROM node:([\d.]+)/gm)].map(([, version]) => version)
    expect(bases).toEqual([manifest.dependencies.node, manifest.dependencies.node])
    expect(dockerfile).toContain(join('/app', manifest.bin.callscope))
    const kept = [...read('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path = '']) => path)
    expect(kept.filter((path) => path !== 'reports' && !existsSync(join(root, path)))).toEqual([])
  })

  test('whoever runs it is not root', () => {
    expect([...dockerfile.matchAll(/^USER (.*)$/gm)].map(([, user]) => user).at(-1)).toBe('node')
  })
})

describe('deploy/', () => {
  test('Prometheus runs with the features it is tested with, and scrapes services that there are', () => {
    expect(compose.services.prometheus?.command).toContain(prometheusFeatures)
    const targets = ['targets/stack', 'alertmanagers/compose'].flatMap((name) =>
      yaml<{ targets: string[] }[]>(`deploy/prometheus/${name}.yaml`).flatMap((entry) => entry.targets),
    )
    const names = [...read('deploy/prometheus/prometheus.yml').matchAll(/names: \[([\w-]+)\]/g)].map(([, name]) => name)
    const hosts = [...targets.map((target) => target.split(':')[0]), ...names]
    expect(hosts.filter((host) => !(host !== undefined && host in compose.services))).toEqual([])
    expect(read('deploy/prometheus/prometheus.yml')).toContain(
      `port: ${compose.services['callscope-worker']?.environment?.CALLSCOPE_PORT}`,
    )
  })

  test('ClickHouse’s files are well formed, and name settings that its engine knows', async () => {
    const { config, users } = {
      config: elementsOf('deploy/clickhouse/config.d/callscope.xml'),
      users: elementsOf('deploy/clickhouse/users.d/callscope.xml'),
    }
    const profiles = users
      .filter(({ path }) => /^clickhouse\/profiles\/\w+\/(?!constraints)\w+$/.test(path))
      .map(({ name }) => name)
    const { default: engine } = await import('chdb')
    const namesIn = (table: string): readonly string[] =>
      engine.query(`SELECT name FROM system.${table}`, 'TSV').split('\n')
    expect(profiles.length).toBeGreaterThan(8)
    expect(profiles.filter((name) => !namesIn('settings').includes(name))).toEqual([])
    // Sections of config.xml, which the engine lists nowhere, and tables that the server logs to.
    const sections = ['listen_host', 'logger', 'timezone', 'access_control_improvements', 'prometheus']
    const top = config.filter(({ path }) => path.split('/').length === 2).map(({ name }) => name)
    const strays = top.filter(
      (name) => !namesIn('server_settings').includes(name) && !sections.includes(name) && !name.endsWith('_log'),
    )
    expect(strays).toEqual([])
  })

  test('the Collector writes to topics that callscope reads', () => {
    const topics = [...read('deploy/otel-collector/config.yaml').matchAll(/_TOPIC:-([\w-]+)\}/g)].map(
      ([, topic]) => topic,
    )
    expect(topics).toEqual([topicNames.appLogs, topicNames.traceSpans])
  })

  interface DataSource {
    readonly uid: string
    readonly type: string
    readonly url?: string
    readonly jsonData: unknown
  }
  const { datasources } = yaml<{ datasources: readonly DataSource[] }>(
    'deploy/grafana/provisioning/datasources/callscope.yaml',
  )

  test('Grafana’s data sources have uids of their own, and name none that is missing', () => {
    const uids = datasources.map(({ uid }) => uid)
    expect(uids).toEqual(['prometheus', 'loki', 'tempo', 'clickhouse', 'callscope'])
    const named = [...JSON.stringify(datasources).matchAll(/"datasourceUid":"([^"]+)"/g)].map(([, uid]) => uid)
    expect(named.length).toBeGreaterThan(3)
    expect(named.filter((uid) => uid === undefined || !uids.includes(uid))).toEqual([])
  })

  test('Grafana’s data sources are services of the stack, and their secrets are mounted', () => {
    const hosts = datasources.map(({ url, jsonData }) =>
      url === undefined ? (jsonData as { host: string }).host : new URL(url).hostname,
    )
    expect(hosts.filter((host) => !(host in compose.services))).toEqual([])
    const files = [...JSON.stringify(datasources).matchAll(/\/run\/secrets\/(\w+)/g)].map(([, name]) => name)
    expect(files.filter((name) => !compose.services.grafana?.secrets?.some((secret) => secret === name))).toEqual([])
  })

  test('Grafana looks for dashboards where they are mounted', () => {
    const { providers } = yaml<{ providers: { options: { path: string } }[] }>(
      'deploy/grafana/provisioning/dashboards/callscope.yaml',
    )
    const mounted = compose.services.grafana?.volumes?.map((volume) => volume.split(':')[1])
    expect(providers.filter(({ options }) => !mounted?.includes(options.path))).toEqual([])
  })
})

function portOf(path: string, pattern: RegExp): number {
  return Number(pattern.exec(read(path))?.[1])
}

/** Elements of an XML file in their order, with the path to each. Throws where one is not closed. */
function elementsOf(path: string): readonly { readonly name: string; readonly path: string }[] {
  const open: string[] = []
  const found: { name: string; path: string }[] = []
  for (const [, closing, name = '', , alone] of read(path)
    .replace(/<!--[\s\S]*?-->/g, '')
    .matchAll(/<(\/?)([\w]+)((?:\s+\w+="[^"<]*")*)\s*(\/?)>/g)) {
    if (closing === '/') {
      if (open.pop() !== name) throw new Error(`${path}: </${name}> closes nothing`)
      continue
    }
    open.push(name)
    found.push({ name, path: open.join('/') })
    if (alone === '/') open.pop()
  }
  if (open.length > 0) throw new Error(`${path}: <${open.at(-1)}> is not closed`)
  return found
}

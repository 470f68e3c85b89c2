import { describe, expect, test } from 'vitest'
import { compose, read, secretsOf } from './compose-file.ts'
import { listFiles } from './source-files.ts'

/* What docker-compose.yml promises of its containers: each list below is the whole truth, and is changed with the file. */

const services = Object.entries(compose.services)
const namesOf = (found: typeof services): readonly string[] => found.map(([name]) => name)

/** Which secrets each service is given: those that it needs, and none that another one needs. */
const secretsOfServices: Readonly<Record<string, readonly string[]>> = {
  kafka: ['kafka_admin_password'],
  'kafka-users': [
    ...['kafka_admin_password', 'kafka_setup_password', 'kafka_callscope_password'],
    ...['kafka_producer_password', 'kafka_collector_password'],
  ],
  clickhouse: ['clickhouse_users'],
  postgres: ['postgres_superuser_password', 'postgres_password'],
  loki: [],
  tempo: [],
  prometheus: ['metrics_token'],
  alertmanager: ['alertmanager_webhook_url', 'alertmanager_heartbeat_url'],
  grafana: ['grafana_password', 'clickhouse_grafana_password', 'grafana_api_key'],
  'callscope-setup': ['kafka_setup_password', 'clickhouse_password', 'postgres_password'],
  'callscope-worker': [
    ...['kafka_callscope_password', 'clickhouse_password', 'postgres_password', 'archive_secret'],
    'metrics_token',
  ],
  'callscope-web': [
    ...['kafka_callscope_password', 'clickhouse_password', 'postgres_password', 'archive_secret'],
    ...['administrator_token', 'metrics_token'],
  ],
  'callscope-demo': ['kafka_producer_password'],
  'callscope-canary': ['kafka_callscope_password', 'clickhouse_password', 'postgres_password', 'metrics_token'],
  ports: [],
  'otel-collector': ['kafka_collector_password'],
  minio: ['archive_secret'],
  'minio-bucket': ['archive_secret'],
}

/** Users that containers run as. Undefined: that of the image. */
const usersOfServices: Readonly<Record<string, string | undefined>> = {
  kafka: '1000:1000',
  'kafka-users': '1000:1000',
  clickhouse: '101:101',
  postgres: '999:999',
  loki: '10001:10001',
  tempo: '10001:10001',
  prometheus: '65534:65534',
  alertmanager: '65534:65534',
  grafana: '472:0',
  'callscope-setup': '1000:1000',
  'callscope-worker': '1000:1000',
  'callscope-web': '1000:1000',
  'callscope-demo': '1000:1000',
  'callscope-canary': '1000:1000',
  ports: '1000:1000',
  'otel-collector': '10001:10001',
  minio: undefined, // root without a capability: the image has no other, and the volume is root's
  'minio-bucket': '65534:65534',
}

describe('every container', () => {
  test('cannot write to its own files, and what it may write to in memory has a size, and is its own', () => {
    expect(namesOf(services.filter(([, { read_only }]) => read_only !== true))).toEqual([])
    for (const [, { tmpfs = [], user = '0:0' }] of services) {
      const [uid, gid] = user.split(':')
      expect(tmpfs.filter((place) => !new RegExp(`:size=\\d+m,uid=${uid},gid=${gid}(,exec)?$`).test(place))).toEqual([])
    }
  })

  test('has no capability of the kernel, and gains none', () => {
    expect(namesOf(services.filter(([, { cap_drop }]) => cap_drop?.join() !== 'ALL'))).toEqual([])
    expect(
      namesOf(services.filter(([, { security_opt }]) => !security_opt?.includes('no-new-privileges:true'))),
    ).toEqual([])
    expect(
      services.flatMap(([name, service]) =>
        ['cap_add', 'privileged', 'devices', 'pid', 'ipc', 'userns_mode'].filter((key) => key in service && name),
      ),
    ).toEqual([])
  })

  test('runs as a user that is known, and gets nothing of this machine but files to read', () => {
    expect(Object.fromEntries(services.map(([name, { user }]) => [name, user]))).toEqual(usersOfServices)
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes.filter((volume) => /^[./~]/.test(volume)))
    expect(mounts.length).toBeGreaterThan(10)
    expect(mounts.filter((mount) => !(mount.startsWith('./') && mount.endsWith(':ro')))).toEqual([])
  })
})

describe('who is reached, and from where', () => {
  test('stores are in a network without a way out; the few that are in another one are named', () => {
    expect(compose.networks.stack).toEqual({ internal: true })
    const elsewhere = services.filter(([, { networks }]) => networks?.some((name) => name !== 'stack'))
    expect(namesOf(elsewhere)).toEqual(['alertmanager', 'grafana', 'callscope-web', 'ports', 'otel-collector'])
    const without = services.filter(([, { networks }]) => networks === undefined)
    expect(without.map(([name, { network_mode }]) => [name, network_mode])).toEqual([['kafka-users', 'service:kafka']])
  })

  test('without a profile two ports are open: the page and Grafana', () => {
    const open = services.filter(([, { ports, profiles }]) => ports !== undefined && profiles === undefined)
    expect(open.map(([name, { ports }]) => [name, ports])).toEqual([
      ['grafana', ['127.0.0.1:3000:3000']],
      ['callscope-web', ['127.0.0.1:4650:4650']],
    ])
  })

  test('stores are opened by the profile "ports" and by nothing else, each at the port of its name', () => {
    const published = services.filter(([, { ports }]) => ports !== undefined)
    expect(namesOf(published)).toEqual(['grafana', 'callscope-web', 'ports', 'otel-collector'])
    const { ports, command = [], profiles } = compose.services.ports ?? {}
    expect(profiles).toEqual(['ports'])
    const forwards = command.map((forward) => /^(\d+)=([\w-]+):\d+$/.exec(forward) ?? [])
    expect(ports).toEqual(forwards.map(([, port]) => `127.0.0.1:${port}:${port}`))
    expect(forwards.filter(([, , host = '']) => !(host in compose.services))).toEqual([])
    expect(namesOf(services.filter(([, { depends_on = {} }]) => 'ports' in depends_on))).toEqual([])
  })

  test('nothing is reached from other machines, and workers have no port that a second one would want', () => {
    const published = services.flatMap(([, { ports = [] }]) => ports)
    expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
    const own = published.map((port) => port.split(':')[1])
    expect(new Set(own).size).toBe(own.length)
    expect(compose.services['callscope-worker']?.ports).toBeUndefined()
  })
})

describe('secrets', () => {
  test('each goes to the services that need it', () => {
    expect(Object.fromEntries(services.map(([name, service]) => [name, secretsOf(service)]))).toEqual(secretsOfServices)
  })

  test('each that callscope reads from a file is one that it is given', () => {
    const files = services.flatMap(([name, { environment = {} }]) =>
      Object.values(environment).flatMap((value) => {
        const [, secret] = /^\/run\/secrets\/(\w+)$/.exec(value ?? '') ?? []
        return secret === undefined ? [] : [{ name, secret }]
      }),
    )
    expect(files.length).toBeGreaterThan(15)
    expect(files.filter(({ name, secret }) => !secretsOfServices[name]?.includes(secret))).toEqual([])
  })

  test('each is a file: a variable could not be put into a container that is read-only', () => {
    for (const [name, { file }] of Object.entries(compose.secrets))
      expect(file).toMatch(new RegExp(`^\\$\\{SECRETS_FOLDER:\\?[^}]*sh deploy/make-env\\.sh[^}]*\\}/${name}$`))
    const literal = services.flatMap(([, { environment = {} }]) =>
      Object.keys(environment).filter((name) => /PASSWORD|SECRET|TOKEN/.test(name) && !name.endsWith('_FILE')),
    )
    expect(literal).toEqual([])
  })

  test('the whole file asks for one variable, and refuses to start without it', () => {
    const asked = [...read('docker-compose.yml').matchAll(/(?<!\$)\$\{(\w+)(:\?[^}]+)?/g)]
    expect(new Set(asked.map(([, name]) => name))).toEqual(new Set(['SECRETS_FOLDER']))
    expect(asked.filter(([, , refusal]) => refusal === undefined)).toEqual([])
  })

  test('no password stands in what is mounted or documented', () => {
    const paths = ['.yml', '.yaml', '.xml', '.properties', '.conf', '.sql', '.sh', '.md'].flatMap((ending) =>
      listFiles(ending).filter((path) => /^(deploy|docs|docker-compose|README)/.test(path)),
    )
    expect(paths.length).toBeGreaterThan(30)
    const literal = paths
      .filter((path) => !path.endsWith('.md'))
      .flatMap((path) => literalSecrets(read(path)).map((found) => `${path}: ${found}`))
    expect(literal).toEqual([])
    expect(paths.filter((path) => /\bdevelopment-[a-z]+/.test(read(path)))).toEqual([])
  })

  test.each([
    'password: hunter2',
    '<password>hunter2</password>',
    'required username="admin" password="hunter2";',
    'POSTGRES_PASSWORD=hunter2',
    "IDENTIFIED BY PASSWORD 'hunter2'",
    'bearerToken: "hunter2"',
  ])('a password that stood there would be found: %s', (text) => {
    expect(literalSecrets(text)).toHaveLength(1)
  })
})

/** What, in no comment, names a secret and is followed by a value, unless that is taken from a file, a parameter or a variable. */
function literalSecrets(text: string): readonly string[] {
  const named = text
    .replace(/^\s*(#|--).*$/gm, '')
    .matchAll(/(?:password|passwd|secret|token)(?:=|: |>| (?=["']))["']?([^\s"'<]+)/gi)
  return [...named].flatMap(([found, value = '']) => (/^(\$|:|\{|%s|\/run\/secrets\/)/.test(value) ? [] : [found]))
}

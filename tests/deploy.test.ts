import { describe, expect, test } from 'vitest'
import { topicNames } from '#contracts/topics.ts'
import { compose, datasources, read, yaml } from './compose-file.ts'
import { prometheusFeatures } from './stack/servers/prometheus.ts'

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
    const sections = [
      'listen_host',
      'logger',
      'timezone',
      'access_control_improvements',
      'prometheus',
      'mysql_port',
      'postgresql_port',
    ]
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

  test('Grafana’s data sources have uids of their own, and name none that is missing', () => {
    const uids = datasources.map(({ uid }) => uid)
    expect(uids).toEqual(['prometheus', 'loki', 'tempo', 'clickhouse', 'callscope'])
    const named = [...JSON.stringify(datasources).matchAll(/"datasourceUid":"([^"]+)"/g)].map(([, uid]) => uid)
    expect(named.length).toBeGreaterThan(3)
    expect(named.filter((uid) => uid === undefined || !uids.includes(uid))).toEqual([])
  })

  test('lines and spans in Grafana lead to the page of their call, by correlation id and by trace', () => {
    const [port] = compose.services['callscope-web']?.ports?.map((mapping) => /(\d+):\d+$/.exec(mapping)?.[1]) ?? []
    const page = `http://localhost:${port}/calls/`
    const links = [...JSON.stringify(datasources).matchAll(/"url":"(http:\/\/localhost[^"]+)"/g)].map(([, url]) => url)
    // Dollars are doubled, so that they are not taken for the environment.
    expect(links).toEqual([`${page}$\${__value.raw}`, `${page}trace:$\${traceID}`])
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

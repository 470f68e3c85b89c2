import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { migrate } from '#registry/migrate.ts'
import { readMigrations } from '#registry/migrations.ts'
import { openPgDatabase } from '#registry/pg-database.ts'
import { migrationsFolder } from '#registry/registry.ts'
import { ownDatabase, ownName } from './names.ts'
import { startAlertmanager } from './servers/alertmanager.ts'
import { startCollector } from './servers/collector.ts'
import { buildGo } from './servers/go-build.ts'
import { temporaryFolder } from './servers/guard.ts'
import { startPostgres } from './servers/postgres.ts'
import { alertmanagerProgram, prometheusProgram } from './servers/programs.ts'
import { metricsTokenForTests, startPrometheus } from './servers/prometheus.ts'
import { runCommand } from './servers/run-command.ts'
import { deployFile, repositoryFile, type StackServer } from './servers/server.ts'

const stack = inject('stack')

describe('Kafka', () => {
  test('creates a topic, takes a message with the time of the log, and gives it back', async () => {
    const kafka = new Kafka({ brokers: [stack.kafka], logLevel: logLevel.NOTHING })
    const topic = ownName('servers')
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true })
    const producer = kafka.producer({ idempotent: true })
    await producer.connect()
    const sent = await producer.send({ topic, messages: [{ key: 'a', value: 'one', timestamp: '1000' }] })
    expect(sent[0]?.errorCode).toBe(0)
    const consumer = kafka.consumer({ groupId: ownName('group') })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const message = await new Promise<{ value: string | undefined; timestamp: number }>((resolve, reject) => {
      consumer
        .run({
          eachMessage: async ({ message: { value, timestamp } }) =>
            resolve({ value: value?.toString(), timestamp: Number(timestamp) }),
        })
        .catch(reject)
    })
    expect(message.value).toBe('one')
    expect(message.timestamp).toBeGreaterThan(Date.now() - 60_000)
    await Promise.all([consumer.disconnect(), producer.disconnect()])
    await admin.deleteTopics({ topics: [topic] })
    await admin.disconnect()
  })

  test('makes no topic that nobody has asked for', async () => {
    const admin = new Kafka({ brokers: [stack.kafka], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin()
    await admin.connect()
    await expect(admin.fetchTopicMetadata({ topics: [ownName('misspelled')] })).rejects.toThrow('does not host')
    await admin.disconnect()
  })
})

describe('ClickHouse', () => {
  test('answers over HTTP, and gives a test a database of its own', async () => {
    const ask = async (query: string): Promise<string> =>
      (await fetch(stack.clickhouse, { method: 'POST', body: query })).text()
    const database = ownName('test')
    await ask(`CREATE DATABASE ${database}`)
    await ask(`CREATE TABLE ${database}.t (n UInt8) ENGINE = MergeTree ORDER BY n`)
    await ask(`INSERT INTO ${database}.t VALUES (7)`)
    expect((await ask(`SELECT n FROM ${database}.t`)).trim()).toBe('7')
    await ask(`DROP DATABASE ${database}`)
  })
})

describe('PostgreSQL', () => {
  test('gives a test a database of its own', async () => {
    const { url, drop } = await ownDatabase(stack.postgres)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query<{ major: string }>('SELECT current_setting($1) AS major', ['server_version'])
    expect(Number.parseInt(rows[0]?.major ?? '', 10)).toBeGreaterThanOrEqual(15)
    await client.end()
    await drop()
  })
})

describe('PostgreSQL as docker compose starts it', () => {
  test('callscope is no superuser, and may all that the registry’s migrations do', async () => {
    const server = await startPostgres({ folder: await temporaryFolder('callscope-servers-') })
    stopAfterwards(server)
    const client = new pg.Client({ connectionString: server.callscopeUrl })
    await client.connect()
    const { rows } = await client.query('SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user')
    expect(rows).toEqual([{ rolsuper: false, rolcreaterole: true }])
    await client.end()
    const database = await openPgDatabase({ url: server.callscopeUrl, tls: 'off', connections: 2 })
    onTestFinished(() => database.close())
    const migrations = await readMigrations(migrationsFolder)
    expect((await migrate(database, migrations, Date.now)).length).toBe(migrations.length)
    expect(await migrate(database, migrations, Date.now)).toEqual([])
  })
})

describe('Loki', () => {
  test('takes a line and gives it back, ids in structured metadata', async () => {
    const headers = { 'content-type': 'application/json', 'x-scope-orgid': ownName('tenant') }
    const at = `${Date.now()}000000`
    const push = await fetch(`${stack.loki}/loki/api/v1/push`, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        streams: [{ stream: { service: 'sbc' }, values: [[at, 'no route', { correlation_id: 'call-1' }]] }],
      }),
    })
    expect(push.status).toBe(204)
    const query = new URLSearchParams({ query: '{service="sbc"} | correlation_id="call-1"', limit: '10' })
    const answer = await fetch(`${stack.loki}/loki/api/v1/query_range?${query}`, { headers })
    const { data } = (await answer.json()) as { data: { result: { stream: unknown; values: string[][] }[] } }
    expect(data.result).toEqual([{ stream: { service: 'sbc', correlation_id: 'call-1' }, values: [[at, 'no route']] }])
  })

  test('refuses who does not say whose lines they are', async () => {
    const answer = await fetch(`${stack.loki}/loki/api/v1/labels`)
    expect(answer.status).toBe(401)
  })
})

describe('Prometheus', () => {
  test('scrapes what a file names with the token for figures, exemplars too, and knows the rules', async () => {
    const shown: (string | undefined)[] = []
    const address = await serveText('application/openmetrics-text; version=1.0.0', metrics, (_, authorization) =>
      shown.push(authorization),
    )
    const server = await startPrometheus({ folder: await temporaryFolder('callscope-servers-') })
    stopAfterwards(server)
    await writeFile(join(server.targets, 'callscope.yaml'), JSON.stringify([{ targets: [address] }]))
    await expect.poll(() => valuesOf(server, 'callscope_pipeline_records_total'), patient).toEqual(['7'])
    expect(new Set(shown)).toEqual(new Set([`Bearer ${metricsTokenForTests}`]))
    const range = `start=${Date.now() / 1_000 - 600}&end=${Date.now() / 1_000 + 600}`
    const exemplars = await ask(server, `query_exemplars?query=callscope_call_mos_bucket&${range}`)
    expect(JSON.stringify(exemplars)).toContain('4bf92f3577b34da6a3ce929d0e0e4736')
    expect(JSON.stringify(await ask(server, 'rules'))).toContain('CallscopePipelineLagging')
  })

  test('tells Alertmanager, and that tells who is named: the alert that always fires arrives', async () => {
    const told: string[] = []
    const webhook = await serveText('text/plain', 'ok', (body) => told.push(body))
    const alertmanager = await startAlertmanager({ folder: await temporaryFolder('callscope-servers-') })
    stopAfterwards(alertmanager)
    await alertmanager.tell({ heartbeat: `http://${webhook}/` })
    const prometheus = await startPrometheus({ folder: await temporaryFolder('callscope-servers-') })
    stopAfterwards(prometheus)
    const { host } = new URL(alertmanager.address)
    await writeFile(join(prometheus.alertmanagers, 'here.yaml'), JSON.stringify([{ targets: [host] }]))
    await expect.poll(() => told.join(), patient).toContain('"alertname":"Watchdog"')
  })

  test('its configuration and all rules are right, and alerts do what their tests say', async () => {
    const promtool = join(await buildGo(prometheusProgram), 'promtool')
    await runCommand(promtool, ['check', 'config', '--syntax-only', deployFile('prometheus/prometheus.yml')])
    await runCommand(promtool, ['check', 'rules', repositoryFile('alerts/callscope-pipeline.rules.yaml')])
    await runCommand(promtool, ['test', 'rules', repositoryFile('alerts/callscope-pipeline.test.yaml')])
  })
})

describe('Alertmanager', () => {
  test('its configuration is right', async () => {
    const amtool = join(await buildGo(alertmanagerProgram), 'amtool')
    await runCommand(amtool, ['check-config', deployFile('alertmanager/alertmanager.yml')])
    const status = (await (await fetch(`${stack.alertmanager}/api/v2/status`)).json()) as { config: unknown }
    expect(JSON.stringify(status.config)).toContain('heartbeat')
  })
})

describe('OpenTelemetry Collector', () => {
  test('takes OTLP and writes it down', async () => {
    const service = ownName('service')
    const answer = await sendLog(stack.otlp, service)
    expect(answer.status).toBe(200)
    if (stack.otlpFile === undefined) return
    const { otlpFile } = stack
    await expect.poll(() => readFile(otlpFile, 'utf8'), patient).toContain(service)
  })

  test('brings what it is sent to the topics of the platform, as OTLP protobuf', async () => {
    const kafka = new Kafka({ brokers: [stack.kafka], logLevel: logLevel.NOTHING })
    const [logs, traces] = [ownName('app-logs'), ownName('trace-spans')]
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({
      topics: [logs, traces].map((topic) => ({ topic, numPartitions: 2 })),
      waitForLeaders: true,
    })
    const collector = await startCollector({
      folder: await temporaryFolder('callscope-servers-'),
      kafka: { broker: stack.kafka, logs, traces },
    })
    stopAfterwards(collector)
    expect((await sendLog(collector.address, 'sbc')).status).toBe(200)
    const consumer = kafka.consumer({ groupId: ownName('group') })
    await consumer.connect()
    await consumer.subscribe({ topic: logs, fromBeginning: true })
    const bytes = await new Promise<Buffer | null>((resolve, reject) => {
      consumer.run({ eachMessage: async ({ message }) => resolve(message.value) }).catch(reject)
    })
    // ResourceLogs is field 1 of the request; the words in it are as they were.
    expect(bytes?.[0]).toBe(0x0a)
    expect(bytes?.toString('latin1')).toContain('no route to carrier')
    await consumer.disconnect()
    await admin.deleteTopics({ topics: [logs, traces] })
    await admin.disconnect()
  })
})

describe('S3', () => {
  test('keeps an object and gives it back', async () => {
    const { origin, username, password } = new URL(stack.s3)
    const client = new S3Client({
      endpoint: origin,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: username || 'any', secretAccessKey: password || 'any' },
    })
    const Bucket = ownName('bucket').replaceAll('_', '-')
    await client.send(new CreateBucketCommand({ Bucket }))
    await client.send(new PutObjectCommand({ Bucket, Key: 'tenant=acme/day=2026-01-01/a.parquet', Body: 'one' }))
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'tenant=acme/day=2026-01-01/a.parquet' }))
    expect(await Body?.transformToString()).toBe('one')
    client.destroy()
  })
})

/** A target is read within seconds, scraped within five, a rule evaluated within fifteen. */
const patient = { timeout: 60_000, interval: 250 }

const metrics = `# TYPE callscope_pipeline_records counter
callscope_pipeline_records_total{pipeline="calls"} 7
# TYPE callscope_call_mos histogram
callscope_call_mos_bucket{le="3.6"} 1 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 3.1
callscope_call_mos_bucket{le="+Inf"} 2
callscope_call_mos_count 2
callscope_call_mos_sum 7.4
# EOF
`

function stopAfterwards(server: StackServer): void {
  onTestFinished(() => server.stop())
}

/** Answers everything with one text, until the test is over. Gives back host:port. */
async function serveText(
  type: string,
  text: string,
  onBody: (body: string, authorization: string | undefined) => void = () => undefined,
): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      onBody(body, request.headers.authorization)
      response.writeHead(200, { 'content-type': type }).end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function ask({ address }: StackServer, path: string): Promise<unknown> {
  return ((await (await fetch(`${address}/api/v1/${path}`)).json()) as { data: unknown }).data
}

async function valuesOf(server: StackServer, query: string): Promise<readonly string[]> {
  const { result } = (await ask(server, `query?query=${encodeURIComponent(query)}`)) as {
    result: { value: [number, string] }[]
  }
  return result.map(({ value: [, value] }) => value)
}

const sendLog = (address: string, service: string): Promise<Response> =>
  fetch(`${address}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceLogs: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
          scopeLogs: [
            { logRecords: [{ timeUnixNano: `${Date.now()}000000`, body: { stringValue: 'no route to carrier' } }] },
          ],
        },
      ],
    }),
  })

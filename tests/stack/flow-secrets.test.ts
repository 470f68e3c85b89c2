import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Kafka } from 'kafkajs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { WorkerProcess } from './faults/worker-process.ts'
import { callscope } from './flow/callscope.ts'
import { type FlowInstall, openFlowInstall } from './flow/install.ts'
import { ownName } from './names.ts'
import { type ClickhouseFront, startClickhouseFront } from './servers/clickhouse-front.ts'
import { temporaryFolder } from './servers/guard.ts'
import { metricsTokenForTests } from './servers/prometheus.ts'

/** Each says where it was planted, so that a failure names what leaked. */
const planted = {
  clickhouse: 'secret-of-clickhouse-7141',
  postgres: 'secret-of-postgres-7142',
  loki: 'secret-of-loki-7143',
  tempo: 'secret-of-tempo-7144',
  archive: 'secret-of-archive-7145',
  privacy: 'secret-of-privacy-7146-long-enough-for-a-key',
  telemetry: 'secret-of-telemetry-7147',
  sasl: 'secret-of-sasl-7148',
  number: '+4930712345678',
  email: 'ada.lovelace@personal.example',
  garbage: 'unparseable-7149',
} as const

const stack = inject('stack')
let install: FlowInstall
let front: ClickhouseFront
let role: string
/** The good settings; passwords by file and by variable. */
let config: string
let env: Record<string, string>

beforeAll(async () => {
  install = await openFlowInstall(stack)
  front = await startClickhouseFront({
    folder: await temporaryFolder('callscope-flow-'),
    users: { default: '', callscope: planted.clickhouse },
  })
  role = await roleWithPassword()
  const file = await fileWith('clickhouse', planted.clickhouse)
  config = await settingsWith({ clickhouse: { url: front.url, username: 'callscope', passwordFile: file } })
  env = { CALLSCOPE_POSTGRES_PASSWORD: planted.postgres, CALLSCOPE_LOKI_PASSWORD: planted.loki }
})
afterAll(async () => {
  await install.close()
  await front.stop()
})

async function fileWith(name: string, text: string): Promise<string> {
  const path = join(install.folder, `${name}-secret`)
  await writeFile(path, `${text}\n`)
  return path
}

async function roleWithPassword(): Promise<string> {
  const name = ownName('role')
  const client = new pg.Client({ connectionString: install.databaseUrl })
  await client.connect()
  await client.query(`CREATE ROLE ${name} LOGIN SUPERUSER PASSWORD '${planted.postgres}'`)
  await client.end()
  return name
}

async function settingsWith(sections: Readonly<Record<string, unknown>>): Promise<string> {
  const url = new URL(install.databaseUrl)
  url.username = role
  url.password = ''
  const withCredentials = (address: string): string => address.replace('://', `://me:${planted.telemetry}@`)
  return install.configWith({
    logLevel: 'debug',
    postgres: { url: url.href },
    loki: { url: stack.loki, tenantId: install.org, username: 'callscope' },
    tempo: { url: stack.otlp, username: 'callscope', passwordFile: await fileWith('tempo', planted.tempo) },
    archive: {
      url: 's3://no-such-bucket/raw',
      endpoint: stack.s3,
      accessKeyId: 'key',
      flushSeconds: 1,
      secretAccessKeyFile: await fileWith('archive', planted.archive),
    },
    privacy: {
      keys: [{ id: 'k1', validFrom: '2020-01-01T00:00:00Z', secretFile: await fileWith('privacy', planted.privacy) }],
    },
    telemetry: {
      tracesUrl: `${withCredentials(stack.otlp)}/v1/traces`,
      tracesShare: 1,
      logsUrl: withCredentials(stack.loki),
    },
    ...sections,
  })
}

function expectNone(what: string, text: string): void {
  const found = Object.entries(planted).filter(([, secret]) => text.includes(secret))
  expect(found, `${what}: ${text.slice(0, 2_000)}`).toEqual([])
}

const commands = (file: string, variables: Record<string, string>, ...lines: readonly string[]) =>
  Promise.all(
    lines.map(async (line) => {
      const ended = await callscope([...line.split(' '), '--config', file], variables)
      return { line, ...ended }
    }),
  )

describe('planted secrets', () => {
  test('are in nothing that commands say, when all is well', async () => {
    for (const line of ['topics create', 'migrate', 'doctor', 'doctor --json', 'topics check', 'keys list --json']) {
      const [ended] = await commands(config, env, line)
      expectNone(line, `${ended?.out}${ended?.err}`)
      expect(ended?.exit, `${line}: ${ended?.out}${ended?.err}`).toBeLessThan(2)
    }
  })

  test('nor when each login is wrong', async () => {
    const sasl = { mechanism: 'scram-sha-512', username: 'callscope', password: planted.sasl }
    const brokers = [install.kafka.address]
    const wrong = [
      [await settingsWith({ clickhouse: { url: front.url, username: 'callscope', password: planted.telemetry } }), env],
      [config, { ...env, CALLSCOPE_POSTGRES_PASSWORD: planted.sasl }],
      [await settingsWith({ kafka: { brokers, sasl } }), env],
    ] as const
    for (const [file, variables] of wrong) {
      for (const { line, exit, out, err } of await commands(file, variables, 'migrate', 'doctor --json')) {
        expectNone(line, out + err)
        expect(exit, out + err).toBe(1)
      }
    }
  })

  test('nor in what a wrong setting is answered with', async () => {
    const variables = {
      ...{ ...env, CALLSCOPE_PRIVACY_KEYS: `[{id: k1, validFrom: never, secret: ${planted.privacy}}]` },
    }
    const files = [
      await settingsWith({ clickhouse: { url: front.url.replace('://', `://me:${planted.clickhouse}@`) } }),
      await settingsWith({ postgres: { url: `postgres://me:${planted.postgres}@` } }),
      await settingsWith({ loki: { url: `ftp://me:${planted.loki}@host` } }),
    ]
    for (const file of files) {
      const [ended] = await commands(file, variables, 'doctor')
      expectNone('doctor', `${ended?.out}${ended?.err}`)
      expect(ended?.exit).toBe(2)
    }
  })

  test('nor in what worker and page say, on any port, while messages with personal data go through and fail', async () => {
    const worker = install.startWorker({ config, env })
    const serve = install.startWorker({ config, env, command: ['serve'] })
    await Promise.all([worker.ready(), serve.ready()])
    await sendPersonal()
    const waited = await doneWith(worker)
    for (const each of [worker, serve]) {
      for (const path of ['/metrics', '/health/ready', '/health/live', '/api/calls', '/v1/events', '/api/calls/none'])
        for (const init of [{}, asPrometheus]) expectNone(path, await textOf(`${await each.url}${path}`, init))
    }
    expectNone(
      'a refused event',
      await textOf(`${await serve.url}/v1/events`, {
        method: 'POST',
        body: `{"to": "${planted.number}", "x": ${planted.garbage}}`,
        headers: { 'content-type': 'application/cloudevents+json' },
      }),
    )
    await Promise.all([worker.stop(), serve.stop()])
    expectNone('worker', worker.said())
    expectNone('serve', serve.said())
    expect(worker.said()).toContain('"level"')
    expect(waited).toContain('callscope_pipeline_dead_letters_total')
  })
})

const asPrometheus = { headers: { authorization: `Bearer ${metricsTokenForTests}` } }

const textOf = async (url: string, init: RequestInit = {}): Promise<string> => {
  const answer = await fetch(url, init)
  return `${JSON.stringify([...answer.headers])} ${await answer.text()}`
}

/** Good ones, ones that no pipeline can read, and ones that are refused: all with numbers and addresses in them. */
async function sendPersonal(): Promise<void> {
  const at = new Date().toISOString()
  const event = (id: string, more: object) =>
    JSON.stringify({
      specversion: '1.0',
      id,
      source: '/test',
      type: 'call.started',
      time: at,
      correlationid: 'personal-1',
      tenantid: 'acme',
      ...more,
    })
  const data = { from: planted.number, to: `sip:${planted.email}` }
  const values = [
    event('good', { data }),
    event('other-tenant', { tenantid: 'nobody', data }),
    event('wrong-time', { time: `${planted.number} o’clock`, data }),
    event('wrong-type', { type: planted.email, data }),
    `{"number": "${planted.number}", "mail": "${planted.email}", ${planted.garbage}`,
  ]
  const producer = new Kafka({ brokers: [install.kafka.address], logLevel: 1 }).producer()
  await producer.connect()
  await producer.send({ topic: 'call-events', messages: values.map((value) => ({ key: planted.number, value })) })
  await producer.disconnect()
}

async function doneWith(worker: WorkerProcess): Promise<string> {
  let text = ''
  await expect
    .poll(async () => (text = await textOf(`${await worker.url}/metrics`, asPrometheus)), {
      timeout: 60_000,
      interval: 500,
    })
    .toMatch(/dead_letters_total\{.*malformed_json.*\} [1-9]/)
  return text
}

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { WorkerProcess } from './faults/worker-process.ts'
import { type FlowInstall, openFlowInstall } from './flow/install.ts'
import { ownDatabase } from './names.ts'
import { type ClickhouseFront, startClickhouseFront } from './servers/clickhouse-front.ts'
import { temporaryFolder } from './servers/guard.ts'
import { freePorts } from './servers/ports.ts'
import { type PostgresServer, startPostgres } from './servers/postgres.ts'
import { metricsTokenForTests } from './servers/prometheus.ts'

const stack = inject('stack')
let install: FlowInstall
beforeAll(async () => {
  install = await openFlowInstall(stack)
})
afterAll(() => install.close())

const patient = { timeout: 60_000, interval: 200 }

interface Asked {
  readonly status: number
  readonly text: string
}

async function ask(worker: WorkerProcess, path: string): Promise<Asked> {
  const answer = await fetch(`${await worker.url}${path}`, {
    headers: { authorization: `Bearer ${metricsTokenForTests}` },
  })
  return { status: answer.status, text: await answer.text() }
}

/** Lives, is not ready, and says what it waits for. */
async function expectWaiting(worker: WorkerProcess, forWhat: RegExp): Promise<void> {
  await expect.poll(async () => (await ask(worker, '/health/ready')).text, patient).toMatch(forWhat)
  expect((await ask(worker, '/health/ready')).status).toBe(503)
  expect((await ask(worker, '/health/live')).status).toBe(200)
  expect((await ask(worker, '/metrics')).status).toBe(200)
}

const expectReady = (worker: WorkerProcess): Promise<void> =>
  expect.poll(async () => (await ask(worker, '/health/ready')).status, patient).toBe(200)

async function expectGoodEnd(worker: WorkerProcess): Promise<void> {
  const begun = performance.now()
  expect(await worker.stop(), worker.said()).toBe(0)
  expect(performance.now() - begun).toBeLessThan(10_000)
}

describe('a worker that is started before its stores', () => {
  test('waits for topics and tables, each named with the command that makes it, and begins by itself', async () => {
    const worker = install.startWorker()
    await expectWaiting(worker, /topics create/)
    expect(await install.callscope('topics', 'create')).toMatchObject({ exit: 0 })
    await expectWaiting(worker, /callscope migrate/)
    expect(await install.callscope('migrate')).toMatchObject({ exit: 0 })
    await expectReady(worker)
    await expectGoodEnd(worker)
  })

  test('waits for a broker that is not there, and ends in good order while it waits', async () => {
    await install.kafka.stop()
    const [waiting, leaving] = [install.startWorker(), install.startWorker()]
    await Promise.all([waiting, leaving].map((worker) => expectWaiting(worker, /broker|Kafka/i)))
    await expectGoodEnd(leaving)
    await install.kafka.start()
    await expectReady(waiting)
    await expectGoodEnd(waiting)
  })

  test('waits for a warehouse that is stopped', async () => {
    const folder = await temporaryFolder('callscope-flow-')
    const [port = 0] = await freePorts(1)
    const clickhouse = { url: `http://127.0.0.1:${port}` }
    const config = await install.configWith({ clickhouse })
    const [waiting, leaving] = [install.startWorker({ config }), install.startWorker({ config })]
    await Promise.all([waiting, leaving].map((worker) => expectWaiting(worker, /warehouse|ClickHouse/i)))
    await expectGoodEnd(leaving)
    const front: ClickhouseFront = await startClickhouseFront({ folder, port })
    await expectWaiting(waiting, /callscope migrate/)
    expect(await install.callscope('migrate', '--config', config)).toMatchObject({ exit: 0 })
    await expectReady(waiting)
    await expectGoodEnd(waiting)
    await front.stop()
  })

  test('waits for a registry that is stopped', async () => {
    const server: PostgresServer = await startPostgres({ folder: await temporaryFolder('callscope-flow-') })
    const { url } = await ownDatabase(server.address)
    await server.stop()
    const config = await install.configWith({ postgres: { url } })
    const [waiting, leaving] = [install.startWorker({ config }), install.startWorker({ config })]
    await Promise.all([waiting, leaving].map((worker) => expectWaiting(worker, /registry|PostgreSQL/i)))
    await expectGoodEnd(leaving)
    await server.start()
    await expectReady(waiting)
    await expectGoodEnd(waiting)
    await server.stop()
  })
})

test('a setting that is wrong ends a worker at once with exit code 2, and names the setting', async () => {
  const wrong = { kafka: { brokers: ['nowhere'] }, sorrow: true }
  const { exit, err } = await install.callscope('worker', '--config', await install.configWith(wrong))
  expect(exit).toBe(2)
  expect(err).toMatch(/kafka\.brokers/)
  expect(err).toMatch(/"sorrow"/)
})

test('so do settings that only together are wrong, and a URL that says what it may not', async () => {
  const cases = [
    [{ kafka: { brokers: ['far:9092'], sasl: { mechanism: 'plain', username: 'a', password: 'b' } } }, /kafka\.sasl/],
    [{ postgres: { url: 'postgres://far/callscope' } }, /postgres\.url names no user/],
  ] as const
  for (const [sections, named] of cases) {
    const { exit, err } = await install.callscope(
      'worker',
      '--port',
      '0',
      '--config',
      await install.configWith(sections),
    )
    expect(err).toMatch(named)
    expect(exit).toBe(2)
  }
})

test('a worker of an install whose stores are not all shared does not start', async () => {
  const config = await install.configWith({ clickhouse: {} })
  const { exit, err } = await install.callscope('worker', '--config', config)
  expect(exit).toBe(2)
  expect(err).toMatch(/clickhouse\.url/)
})

test('SIGTERM as soon as it listens ends it in good order', async () => {
  const worker = install.startWorker()
  await worker.url
  await sleep(50)
  await expectGoodEnd(worker)
})

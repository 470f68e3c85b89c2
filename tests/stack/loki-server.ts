import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { stringify } from 'yaml'

export interface LokiServer {
  readonly url: string
  /** SIGKILL, as a machine dies. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Kills it and removes what it stored. */
  dispose(): Promise<void>
}

export interface LokiServerOptions {
  readonly authEnabled?: boolean
  readonly limits?: object
  /** By organisation. */
  readonly overrides?: Readonly<Record<string, object>>
}

/** A Loki of its own for one test file, from the binary that CALLSCOPE_TEST_LOKI names. */
export async function startLoki(options: LokiServerOptions = {}): Promise<LokiServer> {
  const binary = process.env.CALLSCOPE_TEST_LOKI
  if (binary === undefined) throw new Error('CALLSCOPE_TEST_LOKI: the path of a Loki 3 binary is needed')
  const folder = await mkdtemp(join(tmpdir(), 'callscope-loki-'))
  const [port, grpcPort] = [await freePort(), await freePort()]
  await mkdir(join(folder, 'rules'))
  const files = { config: join(folder, 'loki.yaml'), overrides: join(folder, 'overrides.yaml') }
  await writeFile(files.overrides, stringify({ overrides: options.overrides ?? {} }))
  await writeFile(files.config, stringify(settings({ folder, port, grpcPort, overrides: files.overrides, options })))
  let child: ChildProcess | undefined
  const url = `http://127.0.0.1:${port}`

  const self: LokiServer = {
    url,
    async start() {
      const log = await open(join(folder, 'loki.log'), 'a')
      child = spawn(binary, [`-config.file=${files.config}`], { stdio: ['ignore', log.fd, log.fd] })
      await log.close()
      await ready(url)
    },
    async kill() {
      const dying = child
      child = undefined
      if (dying === undefined || dying.exitCode !== null) return
      const gone = new Promise((resolve) => dying.once('exit', resolve))
      dying.kill('SIGKILL')
      await gone
    },
    async dispose() {
      await self.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await self.start()
  return self
}

interface Settings {
  readonly folder: string
  readonly port: number
  readonly grpcPort: number
  readonly overrides: string
  readonly options: LokiServerOptions
}

const settings = ({ folder, port, grpcPort, overrides, options }: Settings): object => ({
  auth_enabled: options.authEnabled ?? false,
  analytics: { reporting_enabled: false },
  server: {
    http_listen_address: '127.0.0.1',
    http_listen_port: port,
    grpc_listen_address: '127.0.0.1',
    grpc_listen_port: grpcPort,
    log_level: 'warn',
  },
  common: {
    path_prefix: folder,
    replication_factor: 1,
    instance_addr: '127.0.0.1',
    storage: { filesystem: { chunks_directory: join(folder, 'chunks'), rules_directory: join(folder, 'rules') } },
    ring: { instance_addr: '127.0.0.1', kvstore: { store: 'inmemory' } },
  },
  // Ready 15 s after the ring is stable, unless told that there is nobody to wait for.
  ingester: {
    lifecycler: { min_ready_duration: '0s', ring: { replication_factor: 1, kvstore: { store: 'inmemory' } } },
  },
  schema_config: {
    configs: [
      {
        from: '2024-01-01',
        store: 'tsdb',
        object_store: 'filesystem',
        schema: 'v13',
        index: { prefix: 'index_', period: '24h' },
      },
    ],
  },
  limits_config: { allow_structured_metadata: true, ...options.limits },
  runtime_config: { file: overrides, period: '2s' },
})

async function ready(url: string): Promise<void> {
  for (const patience = AbortSignal.timeout(60_000); !patience.aborted; await setTimeout(250)) {
    const answer = await fetch(`${url}/ready`).catch(() => undefined)
    if (answer?.status === 200) return
  }
  throw new Error('Loki did not become ready within a minute')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

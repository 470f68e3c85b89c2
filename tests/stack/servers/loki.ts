import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { answersHttp } from './answers.ts'
import { buildGo } from './go-build.ts'
import { freePorts } from './ports.ts'
import { lokiProgram } from './programs.ts'
import { deployFile, type StackServer, type StartOptions } from './server.ts'
import { createServerProcess } from './server-process.ts'

export interface LokiOptions extends StartOptions {
  /** Limits (limits_config) of some organisations, beside those of the file. */
  readonly overrides?: Readonly<Record<string, object>>
  /** Variables that its file knows. */
  readonly env?: Readonly<Record<string, string>>
}

/** Loki with deploy/loki/loki.yaml. */
export async function startLoki({ folder, overrides = {}, env = {} }: LokiOptions): Promise<StackServer> {
  const installed = await buildGo(lokiProgram)
  const [http, grpc] = await freePorts(2)
  const address = `http://127.0.0.1:${http}`
  const ofTenants = join(folder, 'overrides.yaml')
  await writeFile(ofTenants, stringify({ overrides }))
  const server = createServerProcess({
    name: 'loki',
    command: join(installed, 'loki'),
    args: [
      ...[`-config.file=${deployFile('loki/loki.yaml')}`, '-config.expand-env=true'],
      ...[`-runtime-config.file=${ofTenants}`, '-runtime-config.reload-period=2s'],
    ],
    env: {
      LOKI_LISTEN_ADDRESS: '127.0.0.1',
      LOKI_HTTP_PORT: String(http),
      LOKI_GRPC_PORT: String(grpc),
      LOKI_PATH: join(folder, 'loki'),
      ...env,
    },
    logFile: join(folder, 'loki.log'),
    cwd: folder,
    answers: () => answersHttp(`${address}/ready`),
  })
  await server.start()
  return { ...server, address }
}

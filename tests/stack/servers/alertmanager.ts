import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { answersHttp } from './answers.ts'
import { buildGo } from './go-build.ts'
import { freePorts } from './ports.ts'
import { alertmanagerProgram } from './programs.ts'
import { deployFile, type StackServer, type StartOptions } from './server.ts'
import { createServerProcess } from './server-process.ts'

export interface AlertmanagerServer extends StackServer {
  /** Writes who is told: the URLs that receivers post to. Read at every notification. */
  tell(urls: { readonly operators?: string; readonly heartbeat?: string }): Promise<void>
}

/** Nobody listens on the discard port: until a test says who is told, nobody is. */
const nobody = 'http://127.0.0.1:9/'

/** Alertmanager with deploy/alertmanager/alertmanager.yml. */
export async function startAlertmanager({ folder }: StartOptions): Promise<AlertmanagerServer> {
  const installed = await buildGo(alertmanagerProgram)
  const [port] = await freePorts(1)
  const address = `http://127.0.0.1:${port}`
  await copyFile(deployFile('alertmanager/alertmanager.yml'), join(folder, 'alertmanager.yml'))
  const tell: AlertmanagerServer['tell'] = async ({ operators = nobody, heartbeat = nobody }) => {
    await writeFile(join(folder, 'webhook-url'), operators)
    await writeFile(join(folder, 'heartbeat-url'), heartbeat)
  }
  await tell({})
  const server = createServerProcess({
    name: 'alertmanager',
    command: join(installed, 'alertmanager'),
    args: [
      ...['--config.file=alertmanager.yml', `--storage.path=${join(folder, 'stored')}`, '--cluster.listen-address='],
      ...[`--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'],
    ],
    logFile: join(folder, 'alertmanager.log'),
    cwd: folder, // where alertmanager.yml looks for webhook-url
    answers: () => answersHttp(`${address}/-/ready`),
  })
  await server.start()
  return { ...server, address, tell }
}

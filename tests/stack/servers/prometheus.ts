import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { answersHttp } from './answers.ts'
import { buildGo } from './go-build.ts'
import { freePorts } from './ports.ts'
import { prometheusProgram } from './programs.ts'
import { deployFile, repositoryFile, type StackServer, type StartOptions } from './server.ts'
import { createServerProcess } from './server-process.ts'

export interface PrometheusServer extends StackServer {
  /** Folder in which tests name what is to be scraped: callscope*.yaml, read anew within seconds. */
  readonly targets: string
  /** Folder in which the Alertmanagers are named. */
  readonly alertmanagers: string
}

/** The flags of docker-compose.yml that change what Prometheus does. A test holds them against each other. */
export const prometheusFeatures = '--enable-feature=exemplar-storage'

/** What this Prometheus shows, and every process of callscope that it scrapes must know. */
export const metricsTokenForTests = 'metrics-token-of-the-stack-tests'

/** Prometheus with deploy/prometheus/prometheus.yml and the rules of alerts/. */
export async function startPrometheus({ folder }: StartOptions): Promise<PrometheusServer> {
  const installed = await buildGo(prometheusProgram)
  const [port] = await freePorts(1)
  const address = `http://127.0.0.1:${port}`
  const [targets, alertmanagers, configuration] = ['targets', 'alertmanagers', 'prometheus.yml'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  await Promise.all([
    mkdir(targets),
    mkdir(alertmanagers),
    cp(repositoryFile('alerts'), join(folder, 'rules'), { recursive: true }),
  ])
  await copyFile(deployFile('prometheus/prometheus.yml'), configuration)
  await mkdir(join(folder, 'secrets'))
  await writeFile(join(folder, 'secrets', 'metrics_token'), metricsTokenForTests)
  await writeFile(
    join(targets, 'stack.yaml'),
    JSON.stringify([{ targets: [`127.0.0.1:${port}`], labels: { server: 'prometheus' } }]),
  )
  const server = createServerProcess({
    name: 'prometheus',
    command: join(installed, 'prometheus'),
    args: [
      ...[`--config.file=${configuration}`, `--storage.tsdb.path=${join(folder, 'tsdb')}`, prometheusFeatures],
      ...[`--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'],
    ],
    logFile: join(folder, 'prometheus.log'),
    cwd: folder,
    answers: () => answersHttp(`${address}/-/ready`),
  })
  await server.start()
  return { ...server, address, targets, alertmanagers }
}

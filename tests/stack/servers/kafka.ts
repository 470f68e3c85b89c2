import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { answersTcp } from './answers.ts'
import { cached } from './cache.ts'
import { freePorts } from './ports.ts'
import { runCommand } from './run-command.ts'
import { deployFile, type StackServer, type StartOptions } from './server.ts'
import { createServerProcess } from './server-process.ts'
import { serverVersions } from './versions.ts'

/** Fifteen seconds of Java start-up become five: the second compiler never pays for itself in a test. */
const javaOptions = ['-Xms256m', '-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto']

/** The folder of the jars, from Maven Central, which checks what it sends. */
export const installKafka = (): Promise<string> =>
  cached(`kafka-${serverVersions.kafka}`, async (folder) => {
    await writeFile(join(folder, 'pom.xml'), pom)
    await runCommand(
      'mvn',
      ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}/lib`],
      { cwd: folder, minutes: 10 },
    )
    await rm(join(folder, 'target'), { recursive: true, force: true })
  })

/** One KRaft broker with deploy/kafka/server.properties, prepared by the same code that prepares the image's. */
export async function startKafka({ folder }: StartOptions): Promise<StackServer> {
  const installed = await installKafka()
  const [broker, controller] = await freePorts(2)
  const classPath = ['-cp', `${installed}/lib/*`]
  const configuration = join(folder, 'config')
  await prepare({ folder, configuration, classPath, broker: Number(broker), controller: Number(controller) })
  const server = createServerProcess({
    name: 'kafka',
    command: 'java',
    args: [...javaOptions, ...classPath, 'kafka.Kafka', join(configuration, 'server.properties')],
    logFile: join(folder, 'kafka.log'),
    cwd: folder,
    answers: () => answersTcp(Number(broker)),
  })
  await server.start()
  return { ...server, address: `127.0.0.1:${broker}` }
}

interface Preparation {
  readonly folder: string
  readonly configuration: string
  readonly classPath: readonly string[]
  readonly broker: number
  readonly controller: number
}

/** What the image does at its start: KAFKA_* variables go into the mounted file, and storage is formatted. */
async function prepare({ folder, configuration, classPath, broker, controller }: Preparation): Promise<void> {
  const [defaults, mounted] = [join(folder, 'defaults'), join(folder, 'mounted')]
  await Promise.all([defaults, mounted, configuration].map((path) => mkdir(path, { recursive: true })))
  for (const name of ['server.properties', 'log4j2.yaml', 'tools-log4j2.yaml'])
    await writeFile(join(defaults, name), '')
  await copyFile(deployFile('kafka/server.properties'), join(mounted, 'server.properties'))
  await runCommand(
    'java',
    [
      ...[...javaOptions, ...classPath, 'kafka.docker.KafkaDockerWrapper', 'setup', '--default-configs-dir', defaults],
      ...['--mounted-configs-dir', mounted, '--final-configs-dir', configuration],
    ],
    {
      env: {
        CLUSTER_ID: '5L6g3nShT-eMCtK--X86sw',
        KAFKA_LISTENERS: `PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}`,
        KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${broker}`,
        KAFKA_CONTROLLER_QUORUM_VOTERS: `1@127.0.0.1:${controller}`,
        KAFKA_LOG_DIRS: join(folder, 'data'),
      },
    },
  )
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>callscope.test</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${serverVersions.kafka}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`

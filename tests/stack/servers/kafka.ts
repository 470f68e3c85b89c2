import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
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
  cached(`kafka-${serverVersions.kafka}`, async (folder) => fetchJars(folder, 'kafka_2.13'))

/** The jars of Kafka's own tools for administrators, beside those of the broker. */
const installTools = (): Promise<string> =>
  cached(`kafka-tools-${serverVersions.kafka}`, async (folder) => fetchJars(folder, 'kafka-tools'))

/**
 * One KRaft broker with deploy/kafka/server.properties, prepared by the same code that prepares the image's. Anybody on this
 * machine may do everything: what the file says of logins is tried by `startComposeKafka`.
 */
export async function startKafka({ folder }: StartOptions): Promise<StackServer> {
  const [broker, controller] = await freePorts(2)
  const { server } = await startBroker(folder, Number(broker), {
    KAFKA_LISTENERS: `PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}`,
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${broker}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
    KAFKA_SUPER_USERS: 'User:ANONYMOUS',
    KAFKA_CONTROLLER_QUORUM_VOTERS: `1@127.0.0.1:${controller}`,
  })
  return { ...server, address: `127.0.0.1:${broker}` }
}

export interface ComposeKafka extends StackServer {
  /** Listener of the administrator, who is known by password alone. */
  readonly admin: string
  /** Folder of the password files, as /run/secrets is in the container. */
  readonly secrets: string
  /** What deploy/kafka/users.sh needs to know where it does not run in the container. */
  readonly environment: Readonly<Record<string, string>>
}

/** The broker as docker compose starts it: logins and ACLs as deploy/kafka/server.properties has them; other ports, other folders. */
export async function startComposeKafka({ folder }: StartOptions): Promise<ComposeKafka> {
  const [clients, admin, controller] = await freePorts(3)
  const { server, secrets, classPath } = await startBroker(folder, Number(clients), {
    KAFKA_LISTENERS: `CLIENTS://127.0.0.1:${clients},ADMIN://localhost:${admin},CONTROLLER://localhost:${controller}`,
    KAFKA_ADVERTISED_LISTENERS: `CLIENTS://127.0.0.1:${clients},ADMIN://localhost:${admin}`,
    KAFKA_CONTROLLER_QUORUM_VOTERS: `1@localhost:${controller}`,
  })
  const [bin, login] = [join(folder, 'bin'), join(folder, 'admin.properties')]
  await mkdir(bin)
  await writeFile(
    login,
    (await readFile(deployFile('kafka/admin.properties'), 'utf8')).replaceAll('/run/secrets', secrets),
  )
  const path = `${classPath}:${await installTools()}/lib/*`
  // The image's scripts start the same classes.
  for (const [name, main] of [
    ['kafka-configs.sh', 'kafka.admin.ConfigCommand'],
    ['kafka-acls.sh', 'org.apache.kafka.tools.AclCommand'],
  ] as const)
    await writeFile(join(bin, name), `#!/bin/sh\nexec java ${toolOptions} -cp '${path}' ${main} "$@"\n`, {
      mode: 0o755,
    })
  const environment = {
    KAFKA_BIN: bin,
    KAFKA_ADMIN: `localhost:${admin}`,
    KAFKA_ADMIN_LOGIN: login,
    KAFKA_SECRETS: secrets,
  }
  return { ...server, address: `127.0.0.1:${clients}`, admin: `localhost:${admin}`, secrets, environment }
}

const toolOptions = '-Xmx128m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC'

/** Starts a broker whose variables lie over the file; it is up when the port answers. */
async function startBroker(folder: string, port: number, variables: Readonly<Record<string, string>>) {
  const classPath = `${await installKafka()}/lib/*`
  const [configuration, secrets] = [join(folder, 'config'), join(folder, 'secrets')]
  await mkdir(secrets)
  await writeFile(join(secrets, 'kafka_admin_password'), randomBytes(24).toString('hex'))
  await prepare({ folder, configuration, secrets, classPath, variables })
  const server = createServerProcess({
    name: 'kafka',
    command: 'java',
    args: [...javaOptions, '-cp', classPath, 'kafka.Kafka', join(configuration, 'server.properties')],
    logFile: join(folder, 'kafka.log'),
    cwd: folder,
    answers: () => answersTcp(port),
  })
  await server.start()
  return { server, secrets, classPath }
}

interface Preparation {
  readonly folder: string
  readonly configuration: string
  readonly secrets: string
  readonly classPath: string
  readonly variables: Readonly<Record<string, string>>
}

/** What the image does at its start: KAFKA_* variables go into the mounted file, and storage is formatted. */
async function prepare({ folder, configuration, secrets, classPath, variables }: Preparation): Promise<void> {
  const [defaults, mounted] = [join(folder, 'defaults'), join(folder, 'mounted')]
  await Promise.all([defaults, mounted, configuration].map((path) => mkdir(path, { recursive: true })))
  for (const name of ['server.properties', 'log4j2.yaml', 'tools-log4j2.yaml'])
    await writeFile(join(defaults, name), '')
  const settings = await readFile(deployFile('kafka/server.properties'), 'utf8')
  await writeFile(join(mounted, 'server.properties'), settings.replaceAll('/run/secrets', secrets))
  await runCommand(
    'java',
    [
      ...[...javaOptions, '-cp', classPath, 'kafka.docker.KafkaDockerWrapper', 'setup'],
      ...['--default-configs-dir', defaults, '--mounted-configs-dir', mounted, '--final-configs-dir', configuration],
    ],
    { env: { CLUSTER_ID: '5L6g3nShT-eMCtK--X86sw', KAFKA_LOG_DIRS: join(folder, 'data'), ...variables } },
  )
}

async function fetchJars(folder: string, artifact: string): Promise<void> {
  await writeFile(join(folder, 'pom.xml'), pomOf(artifact))
  await runCommand(
    'mvn',
    ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}/lib`],
    { cwd: folder, minutes: 10 },
  )
  await rm(join(folder, 'target'), { recursive: true, force: true })
}

const pomOf = (artifact: string): string => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>callscope.test</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact}</artifactId><version>${serverVersions.kafka}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`

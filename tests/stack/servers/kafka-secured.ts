import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { answersTcp } from './answers.ts'
import { installKafka } from './kafka.ts'
import { freePorts } from './ports.ts'
import { runCommand } from './run-command.ts'
import type { StartOptions } from './server.ts'
import { createServerProcess, type ServerProcess } from './server-process.ts'

export interface SecuredKafka extends ServerProcess {
  /** SASL without encryption, on loopback. */
  readonly open: string
  /** SASL over TLS. */
  readonly encrypted: string
  /** PEM of the authority that signed the broker's certificate: itself. */
  readonly caFile: string
}

/** Of no value outside a test; looked for in everything that is logged. */
export const kafkaUser = { username: 'callscope', password: 'planted-7f3a-secret' } as const

/** May only what a test allows it (ACLs); `kafkaUser` may everything. */
export const limitedUser = { username: 'limited', password: 'planted-limited-4d1e' } as const

/** A token as the broker takes it in tests: unsigned, good for an hour. */
export function bearerToken(nowMs: number): string {
  const part = (of: unknown) => Buffer.from(JSON.stringify(of)).toString('base64url')
  const issued = Math.floor(nowMs / 1_000)
  return `${part({ alg: 'none' })}.${part({ sub: kafkaUser.username, iat: issued, exp: issued + 3_600 })}.`
}

/** One broker that asks for a login (PLAIN, SCRAM, OAUTHBEARER) on both its listeners and keeps ACLs. Its certificate is made for the occasion. */
export async function startSecuredKafka({ folder }: StartOptions): Promise<SecuredKafka> {
  const installed = await installKafka()
  const [open, encrypted, controller] = await freePorts(3)
  const classPath = ['-XX:TieredStopAtLevel=1', '-Xmx384m', '-cp', `${installed}/lib/*`]
  const caFile = await makeCertificate(folder)
  const properties = join(folder, 'server.properties')
  await writeFile(
    properties,
    settings({ folder, open: Number(open), encrypted: Number(encrypted), controller: Number(controller) }),
  )
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) =>
    [kafkaUser, limitedUser].flatMap(({ username, password }) => [
      '--add-scram',
      `${mechanism}=[name=${username},password=${password}]`,
    ]),
  )
  const format = ['kafka.tools.StorageTool', 'format', '-t', '5L6g3nShT-eMCtK--X86sw', '-c', properties, ...users]
  await runCommand('java', [...classPath, ...format])
  const server = createServerProcess({
    name: 'kafka-secured',
    command: 'java',
    args: [...classPath, 'kafka.Kafka', properties],
    logFile: join(folder, 'kafka.log'),
    cwd: folder,
    answers: () => answersTcp(Number(open)),
  })
  await server.start()
  return { ...server, open: `127.0.0.1:${open}`, encrypted: `localhost:${encrypted}`, caFile }
}

async function makeCertificate(folder: string): Promise<string> {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  await runCommand('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
  ])
  await writeFile(join(folder, 'keystore.pem'), (await readFile(key, 'utf8')) + (await readFile(certificate, 'utf8')))
  return certificate
}

interface Place {
  readonly folder: string
  readonly open: number
  readonly encrypted: number
  readonly controller: number
}

const settings = ({ folder, open, encrypted, controller }: Place): string => `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=OPEN://127.0.0.1:${open},ENCRYPTED://localhost:${encrypted},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=OPEN://127.0.0.1:${open},ENCRYPTED://localhost:${encrypted}
listener.security.protocol.map=OPEN:SASL_PLAINTEXT,ENCRYPTED:SASL_SSL,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=OPEN
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
sasl.mechanism.inter.broker.protocol=PLAIN
${['open', 'encrypted'].map((listener) => loginOf(listener)).join('\n')}
ssl.keystore.type=PEM
ssl.keystore.location=${join(folder, 'keystore.pem')}
log.dirs=${join(folder, 'data')}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:${kafkaUser.username};User:ANONYMOUS
`

function loginOf(listener: string): string {
  const { username, password } = kafkaUser
  const user = `username="${username}" password="${password}"`
  const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required ${user} user_${username}="${password}";`
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const bearer = `org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="${username}";`
  return [
    `listener.name.${listener}.oauthbearer.sasl.jaas.config=${bearer}`,
    `listener.name.${listener}.plain.sasl.jaas.config=${plain}`,
    `listener.name.${listener}.scram-sha-256.sasl.jaas.config=${scram}`,
    `listener.name.${listener}.scram-sha-512.sasl.jaas.config=${scram}`,
  ].join('\n')
}

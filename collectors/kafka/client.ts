import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import kafkajs, {
  type Kafka as Client,
  type Cluster,
  type PartitionAssigner,
  type RetryOptions,
  type SASLOptions,
} from 'kafkajs'
import { registerCodecs } from './codecs.ts'
import type { KafkaConfig } from './config.ts'
import type { KafkaObserver } from './trouble.ts'

const { Kafka, logLevel } = kafkajs

/** Makes a client of its own each time: clients share the offsets they know by group, and members of one process would mix theirs. */
export type MakeClient = () => Client

// Given up soon: whoever asked tries again, and says meanwhile what it waits for.
export const shortRetry: RetryOptions = {
  initialRetryTime: 100,
  factor: 0.2,
  multiplier: 2,
  maxRetryTime: 2_000,
  retries: 4,
}

/** Throws an error that names the setting when the settings cannot be right. */
export function createClients(config: KafkaConfig, observer: KafkaObserver): MakeClient {
  const ssl = tlsOf(config)
  const sasl = saslOf(config)
  registerCodecs()
  return () =>
    new Kafka({
      brokers: [...config.brokers],
      clientId: config.clientId,
      // A TLS handshake with a broker far away takes longer than the default of one second.
      connectionTimeout: 5_000,
      requestTimeout: 30_000,
      retry: shortRetry,
      logLevel: logLevel.WARN,
      logCreator: () => (entry) => {
        observer.client(partOf(entry.namespace), entry.level === logLevel.ERROR ? 'error' : 'warning')
      },
      ...(ssl === undefined ? {} : { ssl }),
      ...(sasl === undefined ? {} : { sasl }),
    })
}

const parts: readonly string[] = [
  'Connection',
  'BrokerPool',
  'Cluster',
  'Consumer',
  'ConsumerGroup',
  'Runner',
  'Producer',
  'Admin',
]

/** Its loggers are named by part, some with a broker's number: a closed set is kept. */
const partOf = (namespace: string | undefined): string => parts.find((part) => part === namespace) ?? 'other'

function tlsOf({ tls }: KafkaConfig) {
  const { enabled, caFile, certFile, keyFile } = tls
  if (!enabled) {
    if (caFile ?? certFile ?? keyFile)
      throw new Error('kafka.tls: files are given but not enabled: set kafka.tls.enabled.')
    return undefined
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new Error('kafka.tls: certFile and keyFile belong together: give both or none.')
  }
  return {
    rejectUnauthorized: true,
    ...(caFile === undefined ? {} : { ca: pemOf(caFile, 'kafka.tls.caFile') }),
    ...(certFile === undefined ? {} : { cert: pemOf(certFile, 'kafka.tls.certFile') }),
    ...(keyFile === undefined ? {} : { key: pemOf(keyFile, 'kafka.tls.keyFile') }),
  }
}

function pemOf(path: string, setting: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new Error(`${setting}: the file cannot be read: check its path and who may read it.`)
  }
}

function saslOf({ sasl, tls, brokers }: KafkaConfig): SASLOptions | undefined {
  if (sasl === undefined) return undefined
  const { mechanism, username, password, tokenFile } = sasl
  const isOpen = mechanism === 'plain' || mechanism === 'oauthbearer'
  if (isOpen && !tls.enabled && !brokers.every(isLoopback)) {
    throw new Error(
      `kafka.sasl.mechanism: ${mechanism} sends its secret readable: set kafka.tls.enabled or use scram-sha-512.`,
    )
  }
  if (mechanism === 'oauthbearer') {
    if (tokenFile === undefined) throw new Error('kafka.sasl.tokenFile: oauthbearer needs it.')
    pemOf(tokenFile, 'kafka.sasl.tokenFile')
    return { mechanism, oauthBearerProvider: async () => ({ value: (await readFile(tokenFile, 'utf8')).trim() }) }
  }
  if (username === undefined || password === undefined) {
    throw new Error(`kafka.sasl: ${mechanism} needs username and password (or passwordFile).`)
  }
  return { mechanism, username, password }
}

const isLoopback = (broker: string): boolean => /^(localhost|127(\.\d{1,3}){3}):/.test(broker)

/** A connection to the cluster as such. kafkajs gives it to nobody but assigners, so this asks as one. */
export function clusterOf(client: Client): Cluster {
  let found: Cluster | undefined
  const capture: PartitionAssigner = ({ cluster }) => {
    found = cluster
    return {
      name: 'none',
      version: 0,
      assign: async () => [],
      protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
    }
  }
  // Uncommitted, so that the end of a partition is its true end and not that of the last closed transaction.
  client.consumer({
    groupId: 'none',
    readUncommitted: true,
    allowAutoTopicCreation: false,
    partitionAssigners: [capture],
  })
  if (found === undefined) throw new Error('kafkajs gave no cluster to its assigner: install kafkajs 2.2.4.')
  return found
}

import { z } from 'zod'
import { secret, secretFile } from '#contracts/secret.ts'

const sasl = z
  .strictObject({
    mechanism: z
      .enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'])
      .describe('How to log in. plain and oauthbearer only over TLS.'),
    username: z.string().min(1).optional().describe('For plain and scram.'),
    password: secret().optional().describe('For plain and scram.'),
    passwordFile: secretFile('kafka.sasl.password'),
    tokenFile: z
      .string()
      .min(1)
      .optional()
      .describe('For oauthbearer: file with the token, read anew at every login, so that it can be rotated.'),
  })
  .describe('Without it no login.')

const tls = z.strictObject({
  enabled: z.boolean().default(false).describe('Talk TLS to the brokers.'),
  caFile: z.string().min(1).optional().describe('PEM file of the authority that signed the brokers’ certificates.'),
  certFile: z.string().min(1).optional().describe('PEM file of our certificate, where brokers ask for one.'),
  keyFile: z.string().min(1).optional().describe('PEM file of its key.'),
})

/** The log on a Kafka cluster. */
export const kafkaConfig = z.strictObject({
  brokers: z
    .array(z.string().regex(/^[^\s:]+:\d{1,5}$/, 'must be host:port'))
    .default([])
    .describe('Brokers to ask first, host:port. Without any, the log is embedded (SQLite in the data folder).'),
  clientId: z.string().min(1).max(200).default('callscope').describe('Name in the brokers’ logs and quotas.'),
  groupPrefix: z
    .string()
    .max(100)
    .default('callscope-')
    .describe('Consumer groups are named with it: callscope-calls, callscope-summaries ...'),
  topicPrefix: z
    .string()
    .max(100)
    .regex(/^[A-Za-z0-9._-]*$/, 'must be letters, digits, dots, dashes and underscores')
    .default('')
    .describe(
      'Before the names of all topics and groups on the cluster, so that several installs share one: with "blue-" call-events is blue-call-events there. Topics that were made without it are not renamed.',
    ),
  tls: tls.prefault({}).describe('Encryption.'),
  sasl: sasl.optional(),
  partitions: z.int().min(1).max(10_000).default(12).describe('Partitions of a topic that "topics create" makes.'),
  replication: z
    .int()
    .min(1)
    .max(9)
    .default(3)
    .describe('Replicas of a topic that "topics create" makes; 1 on a single broker.'),
  sessionTimeoutSeconds: z
    .int()
    .min(6)
    .max(1_800)
    .default(30)
    .describe('A worker that is silent for this long loses its partitions to the others.'),
})
export type KafkaConfig = Readonly<z.infer<typeof kafkaConfig>>

import { z } from 'zod'
import { plainHttpUrl, secret, secretFile } from '#contracts/secret.ts'

/** Raw messages, kept as Parquet files on S3-compatible storage or in a folder. */
export const archiveConfig = z.strictObject({
  url: z
    .string()
    .regex(
      /^(s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?|file:\/\/\/.+)$/,
      'must be s3://bucket/prefix or file:///folder',
    )
    .optional()
    .describe('s3://bucket/prefix or file:///folder. Without it nothing is archived.'),
  endpoint: plainHttpUrl('put them in archive.accessKeyId and archive.secretAccessKeyFile')
    .optional()
    .describe('S3-compatible service other than AWS, http://minio:9000.'),
  region: z.string().min(1).default('us-east-1').describe('S3 region.'),
  accessKeyId: z.string().min(1).optional().describe('S3 key; without it the usual AWS sources are asked.'),
  secretAccessKey: secret().optional().describe('Its secret.'),
  secretAccessKeyFile: secretFile('archive.secretAccessKey'),
  flushSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(300)
    .describe('Messages of one window of log time go into a file together; it is written when the window has passed.'),
  flushMiB: z
    .int()
    .min(1)
    .max(1_024)
    .default(64)
    .describe('A partition’s messages are written at this size at the latest, before compression.'),
  bufferMiB: z
    .int()
    .min(16)
    .max(65_536)
    .default(256)
    .describe('What waits to be archived in all partitions of one process; beyond it the largest is written early.'),
  retentionDays: z
    .int()
    .min(1)
    .max(36_500)
    .default(400)
    .describe('retention_until in the index of objects; deletion is the bucket’s own rule.'),
})
export type ArchiveConfig = Readonly<z.infer<typeof archiveConfig>>

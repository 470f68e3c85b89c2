import { fileURLToPath } from 'node:url'
import type { ObjectStore } from '#contracts/archive.ts'
import type { ArchiveConfig } from './config.ts'
import { createFolderStore } from './folder-store.ts'
import { createS3Store } from './s3-store.ts'

/** The store that `archive.url` names; undefined where nothing is archived. `unique` gives a name that nobody else gives. */
export function openObjectStore(config: ArchiveConfig, unique: () => string): ObjectStore | undefined {
  const { url } = config
  if (url === undefined) return undefined
  if (url.startsWith('file:')) return createFolderStore({ folder: fileURLToPath(url), unique })
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]+)\/*(.*)$/.exec(url) ?? []
  return createS3Store({ ...config, bucket, prefix: path === '' || path.endsWith('/') ? path : `${path}/` })
}

import { join } from 'node:path'
import type { ServerProcess } from './server-process.ts'

/** A server of the stack that runs, and where to find it. */
export interface StackServer extends ServerProcess {
  /** URL, or host:port for Kafka. Stays the same over `stop` and `start`. */
  readonly address: string
}

export interface StartOptions {
  /** Empty, and the server's own: what it stores goes here. */
  readonly folder: string
}

const root = join(import.meta.dirname, '..', '..', '..')

/** A file of deploy/, the same that docker-compose.yml mounts. */
export const deployFile = (path: string): string => join(root, 'deploy', path)

/** A file from the top of the repository. */
export const repositoryFile = (path: string): string => join(root, path)

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root } from './source-files.ts'

/* docker-compose.yml and what it mounts, as the tests of both read them. */

export const read = (path: string): string => readFileSync(join(root, path), 'utf8')
export const yaml = <Shape>(path: string): Shape => parse(read(path), { merge: true }) as Shape

export interface Service {
  readonly image: string
  readonly command?: readonly string[]
  readonly entrypoint?: readonly string[]
  readonly environment?: Readonly<Record<string, string | null>>
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly secrets?: readonly (string | { readonly source: string })[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly disable?: boolean }
  readonly build?: string
  readonly profiles?: readonly string[]
  readonly mem_limit?: string
  readonly logging?: { readonly options?: Readonly<Record<string, string>> }
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { readonly environment: string }>>
}

export interface DataSource {
  readonly uid: string
  readonly type: string
  readonly url?: string
  readonly jsonData: unknown
}
export const { datasources } = yaml<{ datasources: readonly DataSource[] }>(
  'deploy/grafana/provisioning/datasources/callscope.yaml',
)

export const compose = yaml<Compose>('docker-compose.yml')

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
  readonly networks?: readonly string[]
  readonly network_mode?: string
  readonly user?: string
  readonly read_only?: boolean
  readonly tmpfs?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
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
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>
}

/** Names of the secrets that a service is given. */
export const secretsOf = ({ secrets = [] }: Service): readonly string[] =>
  secrets.map((secret) => (typeof secret === 'string' ? secret : secret.source))

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

import { readFileSync } from 'node:fs'
import { parse as parseYaml, YAMLParseError } from 'yaml'
import type { z } from 'zod'
import { type Config, configSchema, type Settings } from './config-schema.ts'
import { describeSchema, type Setting } from './config-settings.ts'
import { CommandError } from './exit-codes.ts'
import { nearestName } from './nearest-name.ts'

export type { Config } from './config-schema.ts'

export interface ConfigSources {
  /** The YAML file named with --config or CALLSCOPE_CONFIG. */
  readonly file?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** Options of the command line, by path (`dataDir`, `sql.timeoutSeconds`). Undefined ones do not count. */
  readonly options?: Readonly<Record<string, unknown>>
}

/** Variables of ours that are not settings: where the file is, and the one secret. */
const otherVariables = ['CALLSCOPE_CONFIG', 'CALLSCOPE_REEXECUTED'] as const

/**
 * The configuration: defaults, under the YAML file, under `CALLSCOPE_*`, under options. Anything unknown or impossible
 * is a CommandError (exit code 2) that names the setting and the fix.
 */
export function loadConfig({ file, env, options = {} }: ConfigSources): Config {
  const settings = describeSchema()
  const path = file ?? (env.CALLSCOPE_CONFIG || undefined)
  const tree = path === undefined ? {} : readTree(path)
  const origin = new Map<string, string>()
  for (const { setting, text } of variablesIn(env, settings)) {
    put(tree, setting.path, readVariable(setting, text))
    origin.set(setting.path, setting.variable)
  }
  for (const [key, value] of Object.entries(options)) if (value !== undefined) put(tree, key, value)
  for (const { path: of, secret } of settings) if (secret) readSecret(tree, of)
  const parsed = configSchema.safeParse(tree)
  if (parsed.success) return withDefaultTenant(agreeing(parsed.data))
  const problems = parsed.error.issues.map((issue) => explain(issue, settings, origin))
  throw new CommandError(
    'usage',
    `the configuration${path === undefined ? '' : ` (${path})`} is not valid:\n  ${problems.join('\n  ')}`,
  )
}

/** What is set and would do nothing is told: whoever set it counts on it. */
function agreeing(settings: Settings): Settings {
  if (settings.loopbackReads === undefined || settings.trustLoopback) return settings
  throw new CommandError(
    'usage',
    'loopbackReads: counts with trustLoopback: true alone. Set that too if no proxy runs on this machine, else remove loopbackReads and use an API key.',
  )
}

function withDefaultTenant({ defaultTenant: stated, ...settings }: Settings): Config {
  const [only] = settings.tenants.length === 1 ? settings.tenants : []
  return {
    ...settings,
    defaultTenant: stated ?? only?.id ?? 'default',
    defaultTenantStated: stated !== undefined,
  }
}

function readTree(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new CommandError(
      'usage',
      `cannot read the configuration file ${path}: ${(error as Error).message}. Check --config or CALLSCOPE_CONFIG.`,
    )
  }
  try {
    const tree: unknown = parseYaml(text) ?? {}
    if (typeof tree === 'object' && !Array.isArray(tree)) return tree as Record<string, unknown>
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error
    throw new CommandError('usage', `${path} is not YAML: ${error.message}`)
  }
  throw new CommandError('usage', `${path} must hold settings as "name: value" lines`)
}

function variablesIn(env: ConfigSources['env'], settings: readonly Setting[]): { setting: Setting; text: string }[] {
  const found: { setting: Setting; text: string }[] = []
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('CALLSCOPE_') || text === undefined || (otherVariables as readonly string[]).includes(name))
      continue
    const setting = settings.find(({ variable }) => variable === name)
    if (setting === undefined) {
      const near = nearestName(name, [...settings.map(({ variable }) => variable), ...otherVariables])
      throw new CommandError(
        'usage',
        `unknown variable ${name}${near === undefined ? '.' : `: did you mean ${near}?`} Unset it, or see "callscope doctor --settings".`,
      )
    }
    // Compose files and charts pass on what is not set as an empty text.
    if (text !== '') found.push({ setting, text })
  }
  return found
}

/** Variables are text: what is meant to be a number, a truth value or a list is read as YAML. */
function readVariable(setting: Setting, text: string): unknown {
  if (setting.kind === 'string') return text
  if (setting.kind === 'array' && !text.trimStart().startsWith('[')) return text.split(',').map((part) => part.trim())
  try {
    return parseYaml(text)
  } catch {
    return text // not YAML either: the schema will say what it should have been
  }
}

function put(tree: Record<string, unknown>, path: string, value: unknown): void {
  const [first = '', ...rest] = path.split('.')
  if (rest.length === 0) {
    tree[first] = value
    return
  }
  // A section that is no section (`kafka: yes`) is left for the schema to refuse.
  const section = typeof tree[first] === 'object' && tree[first] !== null ? { ...tree[first] } : {}
  put(section, rest.join('.'), value)
  tree[first] = section
}

/** `<name>File` beside a secret names the file that holds it, as mounted secrets come. */
function readSecret(tree: Record<string, unknown>, path: string): void {
  const file = at(tree, `${path}File`)
  if (typeof file !== 'string' || at(tree, path) !== undefined) return
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new CommandError('usage', `${path}File: cannot read it: ${(error as Error).message}`)
  }
  if (text === '') throw new CommandError('usage', `${path}File: the file is empty`)
  put(tree, path, text)
}

const at = (tree: Record<string, unknown>, path: string): unknown =>
  path.split('.').reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], tree)

function explain(issue: z.core.$ZodIssue, settings: readonly Setting[], origin: ReadonlyMap<string, string>): string {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const names = settings.map((setting) => setting.path)
    return issue.keys
      .map((key) => {
        const full = path === '' ? key : `${path}.${key}`
        const near =
          nearestName(full, names) ?? names.find((name) => name.split('.').at(-1)?.toLowerCase() === key.toLowerCase())
        return `unknown setting "${full}"${near === undefined ? '.' : `: did you mean "${near}"?`} Remove it or correct it.`
      })
      .join('\n  ')
  }
  const setting = settings.find((known) => known.path === path)
  const where = origin.get(path) ?? (path || 'the file')
  return `${where}: ${issue.message}${setting === undefined ? '' : ` (${setting.help})`}`
}

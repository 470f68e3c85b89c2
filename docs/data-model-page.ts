import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { globalTables } from '#registry/global-tables.ts'
import { type EventType, type Field, listSignals, type Signal } from './signal-fields.ts'
import { type Column, type Table, tablesOf } from './sql-tables.ts'

const root = join(import.meta.dirname, '..')

/** Migrations of a room, in order. */
export function readMigrations(room: string): readonly string[] {
  const folder = join(root, room, 'migrations')
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return names.sort().map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n'))
}

/** docs/data-model.md, whole. */
export function dataModelPage(): string {
  const described = listSignals()
  const warehouse = tablesOf(readMigrations('warehouse'))
  const registry = tablesOf(readMigrations('registry'))
  return [
    '# Data model',
    '',
    'Made by `npm run docs` from `contracts/signals/`, `warehouse/migrations/` and `registry/migrations/`: change those.',
    'A test compares this file with what they say now.',
    '',
    '## Signals',
    '',
    'CloudEvents 1.0 with the extensions `tenantid` and `correlationid`. JSON Schemas are in [`schemas/`](schemas) and, on a',
    'running server, under `/api/schemas`. Unknown fields in `data` are refused; unknown context attributes are not.',
    '',
    ...sharedSection(described),
    ...described.flatMap((signal) => signalSection(signal, sharedFields(described.flatMap(({ types }) => types)))),
    '## Warehouse (ClickHouse)',
    '',
    'Measures are integers with the unit in the name. A cell that nobody measured is NULL, never zero.',
    '',
    ...warehouse.tables.flatMap((table) => tableSection(table, [])),
    '### Views',
    '',
    "The platform's own names for the same rows.",
    '',
    ...table(
      ['View', 'Selects'],
      warehouse.views.map(({ name, select }) => [`\`${name}\``, `\`${oneLine(select)}\``]),
    ),
    '## Registry (PostgreSQL)',
    '',
    'Every table has row-level security on `app.tenant_id`, forced, unless it says why not.',
    '',
    ...registry.tables.flatMap((each) => tableSection(each, tenancyOf(each))),
  ].join('\n')
}

/** What all signals share is shown once. They differ in whether the correlation id must be there. */
function sharedSection(signals: readonly Signal[]): readonly string[] {
  return [
    '### Context attributes of all',
    '',
    'The correlation id must be there unless the signal is chat, presence or audit.',
    '',
    ...fieldTable(signals[0]?.context ?? []),
    '### Ids that every signal may carry in its data',
    '',
    'Each is also a link: two correlation ids of one tenant that share one are one call. None is assumed equal to another.',
    '',
    ...fieldTable(sharedFields(signals.flatMap(({ types }) => types))),
  ]
}

/** Fields that every one of these types has. */
const sharedFields = (types: readonly EventType[]): readonly Field[] =>
  (types[0]?.fields ?? []).filter(({ name }) =>
    types.every(({ fields }) => fields.some((other) => other.name === name)),
  )

const without = (fields: readonly Field[], others: readonly Field[]): readonly Field[] =>
  fields.filter(({ name }) => !others.some((other) => other.name === name))

function signalSection({ name, topics, types }: Signal, shared: readonly Field[]): readonly string[] {
  const common = types.length < 2 ? [] : without(sharedFields(types), shared)
  return [
    `### ${name}`,
    '',
    `Topics: ${topics.map((topic) => `\`${topic}\``).join(', ')}. Schema: [\`schemas/${name}.json\`](schemas/${name}.json).`,
    '',
    ...(common.length === 0 ? [] : ['Every type:', '', ...fieldTable(common)]),
    ...types.flatMap(({ type, fields }) => {
      const own = without(fields, [...shared, ...common])
      return own.length === 0 ? [`\`${type}\`: nothing more.`, ''] : [`\`${type}\`:`, '', ...fieldTable(own)]
    }),
  ]
}

const fieldTable = (fields: readonly Field[]): readonly string[] =>
  table(
    ['Field', 'Type', 'Must', 'Meaning'],
    fields.map(({ name, type, required, help }) => [`\`${name}\``, type, required ? 'yes' : '', help]),
  )

function tableSection({ name, comment, columns, clauses }: Table, notes: readonly string[]): readonly string[] {
  return [
    `### ${name.replace('callscope.', '')}`,
    '',
    ...(comment === '' ? [] : [comment, '']),
    ...notes,
    ...table(['Column', 'Type', 'Meaning'], columns.map(columnRow)),
    ...clauses.flatMap((clause) => [`- \`${clause.replace(/;$/, '')}\``]),
    ...(clauses.length === 0 ? [] : ['']),
  ]
}

const columnRow = ({ name, type, comment }: Column): readonly string[] => [`\`${name}\``, `\`${type}\``, comment]

function tenancyOf({ name }: Table): readonly string[] {
  const reason = globalTables[name.replace('callscope.', '')]
  return reason === undefined ? [] : [`Not by tenant: ${reason}.`, '']
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

function table(titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(titles), `|${titles.map(() => '---').join('|')}|`, ...rows.map(line), '']
}

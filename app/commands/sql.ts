import type { Command } from 'commander'
import { withDesk } from '../desk/open-desk.ts'
import { CommandError } from '../exit-codes.ts'
import { table } from '../text/table.ts'
import { aConfiguredCommand, type CommandParts, type CommonOptions, configFor, print } from './command.ts'

export function sqlCommand(parts: CommandParts): Command {
  return aConfiguredCommand({
    name: 'sql',
    summary: 'one SELECT on the warehouse',
    description:
      'Runs one SELECT (or WITH ... SELECT) on the warehouse, across tenants, bounded in time, memory and rows. Table functions, SETTINGS, FORMAT and INTO OUTFILE are refused.',
    examples: [
      'sql "SELECT class, count() FROM calls FINAL GROUP BY class"',
      'sql "SELECT name FROM system.tables WHERE database = \'default\'"',
      'sql --json "SELECT carrier, avg(worst_mos_hundredths) / 100 AS mos FROM calls FINAL WHERE worst_mos_hundredths > 0 GROUP BY carrier"',
    ],
  })
    .argument('<query>', 'the SELECT')
    .action((query: string, options: CommonOptions) => sql(parts, query, options))
}

async function sql(parts: CommandParts, query: string, options: CommonOptions): Promise<void> {
  const config = configFor(parts, options)
  const { columns, rows, truncated } = await withDesk(
    { config, command: 'sql', now: parts.io.now },
    async ({ desk }) => {
      try {
        return await desk.sql.query(query)
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode === 400)
          throw new CommandError('refused', (error as Error).message)
        throw error
      }
    },
  )
  await print(parts, options, { columns, rows, truncated }, (colours) => {
    const shown = table(
      rows,
      columns.map((title, at) => ({
        title,
        cell: (row: readonly unknown[]) => cellText(row[at]),
        right: typeof rows[0]?.[at] === 'number',
      })),
      colours,
    )
    return `${shown}\n${colours.dim(`${rows.length} rows${truncated ? ', and more: the result was cut at sql.rowsMax' : ''}`)}`
  })
}

function cellText(value: unknown): string | number | undefined {
  if (value === null || value === undefined) return undefined
  return typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value)
}

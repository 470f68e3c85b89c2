import type { JobReport } from '#collectors/http/ports.ts'
import type { Colours } from './colours.ts'
import { count } from './format.ts'
import { printable, table } from './table.ts'

/** What an import or a replay did, for people. */
export function jobText(file: string, { counts, refused, notes, run }: JobReport, colours: Colours): string {
  const numbers = Object.entries(counts).filter(([, value]) => value > 0)
  const summary =
    numbers.length === 0
      ? 'nothing'
      : numbers.map(([name, value]) => `${count(value)} ${value === 1 ? name.replace(/s$/, '') : name}`).join(', ')
  const parts = [
    `${colours.bold(printable(file))}: ${summary}  ${colours.dim(`run ${run}`)}`,
    ...notes.map((note) => `  ${printable(note)}`),
  ]
  if (refused.length === 0) return parts.join('\n')
  const rows = table(
    refused,
    [
      { title: 'REFUSED', cell: (row) => row.reason, paint: (text) => colours.bad(text) },
      { title: 'COUNT', cell: (row) => count(row.count), right: true },
      { title: 'FIRST', cell: ({ example }) => example, max: 120 },
    ],
    colours,
  )
  return [...parts, rows.replace(/^/gm, '  ')].join('\n')
}

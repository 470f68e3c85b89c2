import type { ErasureEntry, ErasureReport } from '#collectors/http/ports.ts'
import type { ErasureStep } from '#contracts/privacy.ts'
import type { Colours } from './colours.ts'
import { type Column, table } from './table.ts'

const names: Readonly<Record<ErasureStep['store'], string>> = {
  warehouse: 'warehouse',
  logs: 'log store',
  traces: 'trace store',
  dead_letters: 'dead letters',
  archive: 'archive',
  log: 'message log',
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

const goneBy = ({ state, goneByMs }: ErasureStep): string =>
  state === 'done' ? 'now' : goneByMs === undefined ? 'unknown' : day(goneByMs)

const columns: readonly Column<ErasureStep>[] = [
  { title: 'STORE', cell: ({ store }) => names[store] },
  { title: 'CHANGED', cell: ({ count }) => count, right: true },
  { title: 'GONE BY', cell: goneBy },
  { title: 'WHAT WAS DONE', cell: ({ state, detail }) => (state === 'unfinished' ? `UNFINISHED: ${detail}` : detail) },
]

/** What an erasure did, store by store, and by when the rest is gone. */
export function erasureText({ calls, rows, stores }: ErasureReport, colours: Colours): string {
  const changed = Object.entries(rows).filter(([, count]) => count > 0)
  const what = changed.map(([name, count]) => `${name}: ${count} rows`).join(', ')
  const ids = calls === 1 ? '1 id is' : `${calls} ids are`
  return `${what === '' ? 'No stored row named them.' : `${what}.`} ${ids} computed anew.\n\n${table(stores, columns, colours)}`
}

/** What is left of an erased person or call, and until when. */
export function leftOf({ stores }: ErasureEntry, nowMs: number): string {
  if (stores.length === 0) return 'unknown: tell it again'
  const left = stores.filter(({ state, goneByMs }) => state !== 'done' && (goneByMs ?? nowMs + 1) > nowMs)
  if (left.length === 0) return 'nothing'
  return left
    .map((step) => `${names[step.store]} ${step.state === 'unfinished' ? 'UNFINISHED, ' : ''}until ${goneBy(step)}`)
    .join('; ')
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NewRecord } from '#contracts/event-log.ts'
import { decodeLogs } from '#contracts/otlp/decode.ts'
import type { LogLine } from '#contracts/signals/otlp.ts'
import type { QualitySample } from '#contracts/signals/quality-sample.ts'
import { importFile } from './import-file.ts'
import type { ImportOptions, ImportStep, RefusedPart } from './import-step.ts'

type Done = Extract<ImportStep, { type: 'done' }>

/** All that one import brought. */
export interface Imported extends Pick<Done, 'tally' | 'format'> {
  readonly records: readonly NewRecord[]
  readonly refused: readonly RefusedPart[]
  readonly samples: readonly QualitySample[]
  readonly events: readonly { readonly type: string; readonly time: string; readonly data: Record<string, unknown> }[]
  readonly logs: readonly LogLine[]
}

export const fixture = (path: string): string => join(import.meta.dirname, '../../tests/fixtures', path)

export async function imported(path: string, options: Partial<ImportOptions> = {}): Promise<Imported> {
  const records: NewRecord[] = []
  const refused: RefusedPart[] = []
  let done: Done | undefined
  for await (const step of importFile(path, {
    tenant: 'acme',
    run: 'run-1',
    nowMs: Date.UTC(2026, 0, 1),
    ...options,
  })) {
    if (step.type === 'records') records.push(...step.records)
    if (step.type === 'refused') refused.push(step)
    if (step.type === 'done') done = step
  }
  if (done === undefined) throw new Error('the import did not end')
  const on = (...topics: string[]) =>
    records.filter(({ topic }) => topics.includes(topic)).map(({ value }) => JSON.parse(String(value)))
  const logs = records
    .filter(({ topic }) => topic === 'app-logs')
    .flatMap(({ value }) => {
      const decoded = decodeLogs(Buffer.from(value), undefined)
      return decoded.type === 'decoded' ? decoded.lines : []
    })
  return {
    records,
    refused,
    samples: on('quality-samples'),
    events: on('call-events', 'conf-events', 'cdr-events', 'chat-events', 'audit-events'),
    logs,
    tally: done.tally,
    format: done.format,
  }
}

/** Imports what is written here, from a file of its own. */
export async function importedText(
  content: string | Uint8Array,
  options: Partial<ImportOptions> = {},
): Promise<Imported> {
  const folder = await mkdtemp(join(tmpdir(), 'callscope-import-'))
  try {
    const path = join(folder, 'dump')
    await writeFile(path, content)
    return await imported(path, options)
  } finally {
    await rm(folder, { recursive: true })
  }
}

export const lines = (...values: readonly unknown[]): string =>
  `${values.map((value) => JSON.stringify(value)).join('\n')}\n`

import type { NewRecord } from '#contracts/event-log.ts'
import { defaultWindows } from '#contracts/pipeline.ts'
import { detectFormat } from './detect-format.ts'
import { refused } from './dump-entry.ts'
import type { FileReader, Found } from './file-reader.ts'
import { importCloudEvents } from './import-cloud-events.ts'
import { importJitsiDump, importRtcstatsDump } from './import-dump.ts'
import { importInternals } from './import-internals.ts'
import { importOtlpLogs, importOtlpTraces } from './import-otlp.ts'
import type { FileFormat, ImportOptions, ImportStep, Limits } from './import-step.ts'
import { createImportWindow } from './import-window.ts'
import { readLines, TooManyBytes } from './read-lines.ts'
import { createRecordMaker } from './records.ts'
import { createTally } from './tally.ts'

const mebibyte = 1024 * 1024
/** Records of one step: an append of some hundred kilobytes. */
const recordsPerStep = 500

/** One literal list: a new format is one line here and a sign in detect-format.ts. */
const readers: Readonly<Record<FileFormat, FileReader>> = {
  'jitsi-rtcstats': importJitsiDump,
  rtcstats: importRtcstatsDump,
  'webrtc-internals': importInternals,
  'otlp-logs': importOtlpLogs,
  'otlp-traces': importOtlpTraces,
  cloudevents: importCloudEvents,
  replay: async function* replayLines() {
    yield {
      line: 1,
      ...refused('unknown_type', 'file: holds replay lines {topic, key, headers, value}; use `callscope replay`'),
    }
  },
  'server-stats': importServerStats,
}

const formats =
  'rtcstats or Jitsi getStats dump, webrtc-internals export, OTLP/JSON logs or traces, CloudEvents JSON lines'

/**
 * Reads a file of any known format, gzip or not, into records for the log. Bad parts are refused by themselves with line and
 * reason; memory is bounded, whatever the file. The same file gives the same records, so that importing it twice changes
 * nothing. Throws what the file system throws (no such file, no permission).
 */
export async function* importFile(path: string, options: ImportOptions): AsyncGenerator<ImportStep> {
  const tally = createTally()
  const limits = limitsOf(options)
  const { tenant } = options
  const parts = {
    tenant,
    limits,
    tally,
    records: createRecordMaker(options),
    window: createImportWindow({ floorMs: limits.floorMs, ceilingMs: limits.nowMs + limits.maxAheadMs }),
  }
  let waiting: NewRecord[] = []
  let format: FileFormat | undefined
  try {
    format = await detectFormat(path)
    const reader = format === undefined ? importUnknown : readers[format]
    for await (const found of reader(path, parts)) {
      if (found.type === 'record') waiting.push(found.record)
      else {
        tally.add('refused')
        yield found
      }
      if (waiting.length >= recordsPerStep) yield { type: 'records', records: flush() }
    }
  } catch (error) {
    const detail = damageOf(error)
    if (detail === undefined) throw error
    tally.add('refused')
    yield { line: 0, ...refused('too_large', detail) }
  }
  if (waiting.length > 0) yield { type: 'records', records: flush() }
  yield { type: 'done', format: format ?? 'unknown', tally: tally.result() }

  function flush(): readonly NewRecord[] {
    const records = waiting
    waiting = []
    return records
  }
}

/** What is wrong with the file's bytes, in words; undefined for errors that are not about them. */
function damageOf(error: unknown): string | undefined {
  if (error instanceof TooManyBytes) return `file: ${error.message}`
  const code = (error as { readonly code?: unknown }).code
  return typeof code === 'string' && /^Z_/.test(code) ? 'file: its gzip data is damaged or cut off' : undefined
}

function limitsOf(options: ImportOptions): Limits {
  return {
    nowMs: options.nowMs,
    floorMs: options.floorMs ?? defaultWindows.importFloorMs,
    maxAheadMs: options.maxAheadMs ?? defaultWindows.maxAheadMs,
    maxLineBytes: options.maxLineBytes ?? 32 * mebibyte,
    maxDocumentBytes: options.maxDocumentBytes ?? 128 * mebibyte,
    maxBytes: options.maxBytes ?? 16 * 1024 * mebibyte,
  }
}

async function* importUnknown(): AsyncGenerator<Found> {
  yield { line: 1, ...refused('unknown_type', `file: is of no known format; known are: ${formats}`) }
}

/** What Jitsi's servers (JVB, Jicofo, Jigasi) send to rtcstats: who was there, and the server's own counters. */
async function* importServerStats(...[path, { limits }]: Parameters<FileReader>): AsyncGenerator<Found> {
  let identities = 0
  let others = 0
  for await (const { text } of readLines(path, limits)) {
    if (/"type"\s*:\s*"identity"/.test(text.slice(0, 1_000))) identities += 1
    else if (text.trim() !== '') others += 1
  }
  const held =
    others === 0 ? 'identity lines only' : `identity lines (${identities}) and a server's own counters (${others})`
  const detail = `file: is a Jitsi server's dump and holds ${held}: no participant's media statistics, so no call is in it`
  yield { line: 0, ...refused('unknown_type', detail) }
}

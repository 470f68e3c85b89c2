import { createBrowserSession } from './browser-session.ts'
import { jitsiDelta } from './delta-report.ts'
import { refused } from './dump-entry.ts'
import { createIdentityCollector } from './dump-identity.ts'
import { type FileReader, type Found, foundAt } from './file-reader.ts'
import { createDumpLineReader } from './read-dump-line.ts'
import { type Line, readLines } from './read-lines.ts'
import { rtcstatsDelta } from './rtcstats-names.ts'

/** Head of an rtcstats file: a word and one line about it, before the events. */
const rtcstatsHead = 2

/**
 * Jitsi and rtcstats dumps, line by line. The file is read twice: identity lines may come after the first statistics, and
 * a record cannot be made before its call is known. Memory holds one line and the last report of each PeerConnection.
 */
export const importJitsiDump: FileReader = (path, parts) => importDump(path, parts, 0)
export const importRtcstatsDump: FileReader = (path, parts) => importDump(path, parts, rtcstatsHead)

async function* importDump(path: string, parts: Parameters<FileReader>[1], head: number): AsyncGenerator<Found> {
  const { limits, window, records, tally } = parts
  const collector = createIdentityCollector()
  for await (const { number, text } of readLines(path, limits)) if (number !== 1 || head === 0) collector.add(text)
  const identity = collector.identity()
  // A meeting's id, or Jitsi's own format, makes it one participant's part of a conference.
  const kind = head === 0 || identity.confSessionId !== undefined ? 'conference' : 'call'
  const session = createBrowserSession({ identity, kind, source: `rtcstats/${identity.key}`, records, window, tally })
  const read = createDumpLineReader(
    head === 0 ? { delta: jitsiDelta, times: 'epoch' } : { delta: rtcstatsDelta, times: 'delta' },
  )
  let cut = false
  for await (const line of readLines(path, limits)) {
    if (line.number <= head || line.text.trim() === '') {
      if (line.tooLong) yield { line: line.number, ...refused('too_large', tooLong) }
      continue
    }
    const entries = read(line.text)
    cut = isCut(line, entries)
    for (const entry of entries) {
      if (entry.type === 'refused') yield { line: line.number, ...entry, ...(cut && { detail: cutDetail }) }
      else for (const result of session.take(entry)) yield foundAt(line.number, result)
    }
  }
  for (const result of session.finish({ cut })) yield foundAt(0, result)
}

const tooLong = 'line: is longer than this import allows'
const cutDetail = 'line: is cut off: the file ends inside it'

const isCut = ({ complete }: Line, entries: readonly { readonly type: string }[]): boolean =>
  !complete && entries.some(({ type }) => type === 'refused')

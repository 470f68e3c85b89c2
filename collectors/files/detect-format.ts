import type { FileFormat } from './import-step.ts'
import { readHead } from './read-lines.ts'

/** Enough for the first line of every line format but a getStats dump, whose beginning says what it is. */
const headBytes = 64 * 1024

/** What a file is, from its first bytes (after gunzip); undefined where nothing known fits. */
export async function detectFormat(path: string): Promise<FileFormat | undefined> {
  const head = await readHead(path, headBytes)
  // One broken line at the beginning must not hide what the others are.
  const lines = head.split('\n', 20).map((line) => () => formatOfHead(line))
  for (const look of [() => formatOfHead(head), ...lines]) {
    const format = look()
    if (format !== undefined) return format
  }
  return undefined
}

/** Top-level keys that give a JSON object away. The first that fits wins. */
const signs: readonly (readonly [FileFormat, (keys: ReadonlySet<string>) => boolean])[] = [
  ['cloudevents', (keys) => keys.has('specversion')],
  ['otlp-logs', (keys) => keys.has('resourceLogs') || keys.has('resource_logs')],
  ['otlp-traces', (keys) => keys.has('resourceSpans') || keys.has('resource_spans')],
  ['webrtc-internals', (keys) => keys.has('PeerConnections') || (keys.has('getUserMedia') && !keys.has('type'))],
  ['webrtc-internals', (keys) => keys.has('UserAgent')],
  ['replay', (keys) => keys.has('topic') && keys.has('value')],
  ['server-stats', (keys) => keys.has('statsSessionId')],
]

export function formatOfHead(head: string): FileFormat | undefined {
  const text = head.trimStart()
  if (/^RTCStatsDump\r?\n/.test(text)) return 'rtcstats'
  if (/^\[\s*"[^"]{1,100}"\s*,/.test(text)) return 'jitsi-rtcstats'
  // A batch: CloudEvents in JSON array format. Its first member decides.
  const start = text.startsWith('[') ? text.slice(1).trimStart() : text
  if (!start.startsWith('{')) return undefined
  const keys = topLevelKeys(start)
  return signs.find(([, fits]) => fits(keys))?.[0]
}

/** Keys of the first object in the text, down to where the text ends. Strings and nesting are minded, nothing is built. */
export function topLevelKeys(text: string): ReadonlySet<string> {
  const keys = new Set<string>()
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]
    if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') depth -= 1
    if (depth === 0) break
    if (char !== '"') continue
    const end = endOfString(text, at)
    if (depth === 1 && /^\s*:/.test(text.slice(end, end + 20))) keys.add(text.slice(at + 1, end - 1))
    at = end - 1
  }
  return keys
}

function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') return at + 1
  }
  return text.length
}

/** The values of the label `severity`. A closed set: each multiplies the streams. */
export const severities = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'unknown'] as const
export type Severity = (typeof severities)[number]

/** By OTLP's number (opentelemetry-proto, SeverityNumber: four to a level), else by the first letters of the text. */
export function severityOf(number: number, text: string): Severity {
  if (number >= 1 && number <= 24) return severities[Math.floor((number - 1) / 4)] ?? 'unknown'
  const word = text.slice(0, 3).toLowerCase()
  return words.get(word) ?? 'unknown'
}

const words: ReadonlyMap<string, Severity> = new Map([
  ['tra', 'trace'],
  ['deb', 'debug'],
  ['inf', 'info'],
  ['not', 'info'],
  ['war', 'warn'],
  ['err', 'error'],
  ['cri', 'fatal'],
  ['fat', 'fatal'],
  ['eme', 'fatal'],
  ['ale', 'fatal'],
  ['pan', 'fatal'],
])

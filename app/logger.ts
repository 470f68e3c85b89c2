import { type Logger as PinoLogger, pino } from 'pino'
import type { Config } from './config.ts'
import type { LokiLines } from './telemetry/loki-lines.ts'

export type Logger = PinoLogger

export interface LoggerOptions {
  /** Where lines go beside standard error. */
  readonly loki?: Pick<LokiLines, 'write'> | undefined
  /** Ids of the trace that a line belongs to. */
  readonly activeIds?: () => object
}

const secretNames = ['authorization', 'key', 'token', 'password', 'secret', 'saslPassword', 'cookie']
const redact = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

/**
 * The program's own log: JSON lines on standard error, because standard output belongs to results, and to Loki if that is
 * configured. Never personal data; what libraries put into the texts of their errors is struck out.
 */
export function createLogger(level: Config['logLevel'], { loki, activeIds }: LoggerOptions = {}): Logger {
  const standardError = pino.destination({ dest: 2, sync: true })
  return pino(
    {
      level,
      base: { service: 'callscope' },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact,
      hooks: { streamWrite: withoutSecrets },
      ...(activeIds === undefined ? {} : { mixin: activeIds }),
    },
    loki === undefined
      ? standardError
      : // Each line was judged by its level before.
        pino.multistream([standardError, loki].map((stream) => ({ stream, level: 'trace' as const }))),
  )
}

/** Credentials in an address, and in what was an Authorization header. */
const secrets = /(:\/\/)[^\s/@"\\]+@|\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi

export const withoutSecrets = (line: string): string =>
  line.replace(secrets, (_all, slashes?: string, scheme?: string) =>
    slashes === undefined ? `${scheme} [Redacted]` : `${slashes}[Redacted]@`,
  )

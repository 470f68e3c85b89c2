import { type Logger as PinoLogger, pino } from 'pino'
import type { Config } from './config.ts'

export type Logger = PinoLogger

/** The program's own log: JSON lines on standard error, because standard output belongs to results. Never personal data. */
export const createLogger = (level: Config['logLevel']): Logger =>
  pino(
    {
      level,
      base: { service: 'callscope' },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: ['*.authorization', '*.key', '*.token'],
    },
    pino.destination({ dest: 2, sync: true }),
  )

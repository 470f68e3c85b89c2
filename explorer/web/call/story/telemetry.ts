/** Whole milliseconds of an OTLP time, with its part of a millisecond. Nanoseconds since the epoch do not fit a number. */
export function msOfNanos(nanos: string): number {
  if (!/^\d{1,20}$/.test(nanos)) return 0
  const whole = BigInt(nanos)
  return Number(whole / 1_000_000n) + Number(whole % 1_000_000n) / 1e6
}

export type LogLevel = 'error' | 'warning' | 'info' | 'debug'
export const logLevels: readonly LogLevel[] = ['error', 'warning', 'info', 'debug']

/** OTLP severity numbers come in fours: 1 trace, 5 debug, 9 info, 13 warn, 17 error, 21 fatal. */
export function levelOf({ severityNumber, severityText }: { severityNumber: number; severityText: string }): LogLevel {
  if (severityNumber >= 17) return 'error'
  if (severityNumber >= 13) return 'warning'
  if (severityNumber >= 9) return 'info'
  if (severityNumber > 0) return 'debug'
  if (/err|fatal|crit/i.test(severityText)) return 'error'
  return /warn/i.test(severityText) ? 'warning' : 'info'
}

/** OTLP StatusCode 2. */
export const hasFailed = ({ statusCode }: { statusCode: number }): boolean => statusCode === 2

import { pino } from 'pino'

export interface LokiLines {
  /** Takes one JSON line of the program's own log. Never throws, never waits. */
  write(line: string): void
  /** Lines lost since this was asked last, as far as this side knows. */
  takeDropped(): number
}

export interface LokiLinesOptions {
  readonly url: string
  readonly serviceName: string
  /** X-Scope-OrgID: a Loki of several tenants refuses who does not say which. */
  readonly tenantId: string
  readonly instance: string
  /** A steady clock, milliseconds. */
  readonly ticks?: () => number
}

/** Lines that may go in one second, and at once: a program that logs more has one thing to say, and says it on standard error. */
const linesPerSecond = 200
const atOnce = 2_000
/** Lines that wait in the worker while Loki takes none: the youngest are kept. */
const maxWaiting = 5_000

/**
 * The program's own log lines to Loki, by pino-loki in a worker thread. A Loki that does not answer costs those lines and
 * nothing else: they are on standard error in any case.
 */
export function createLokiLines({
  url,
  serviceName,
  tenantId,
  instance,
  ticks = () => performance.now(),
}: LokiLinesOptions): LokiLines {
  let dropped = 0
  let allowance = atOnce
  let at = ticks()
  const { host, ...credentials } = placeOf(url)
  const transport = pino.transport<Record<string, unknown>>({
    target: 'pino-loki',
    options: {
      ...{ host, ...credentials, timeout: 4_000, silenceErrors: true, headers: { 'x-scope-orgid': tenantId } },
      batching: { interval: 2, maxBufferSize: maxWaiting },
      // Few streams: one a level and process.
      labels: { service_name: serviceName, service_instance_id: instance },
    },
  })
  let broken = false
  transport.on('error', () => {
    broken = true
  })

  function mayGo(): boolean {
    const now = ticks()
    allowance = Math.min(atOnce, allowance + ((now - at) * linesPerSecond) / 1_000)
    at = now
    if (broken || allowance < 1) return false
    allowance--
    return true
  }

  return {
    write(line) {
      try {
        if (mayGo()) transport.write(`${forLoki(line)}\n`)
        else dropped++
      } catch {
        broken = true
        dropped++
      }
    },
    takeDropped() {
      const taken = dropped
      dropped = 0
      return taken
    },
  }
}

/** Loki wants epoch milliseconds where people read a date, and ids beside the line, so that they become no labels. */
function forLoki(line: string): string {
  const { time, trace_id, span_id, ...rest } = JSON.parse(line) as Record<string, unknown>
  const ids = trace_id === undefined ? {} : { meta: { trace_id, span_id } }
  return JSON.stringify({ ...rest, ...ids, time: Date.parse(String(time)) })
}

/** fetch takes no credentials in an address. */
function placeOf(url: string) {
  const { username, password, ...address } = partsOf(url)
  return username === '' ? address : { ...address, basicAuth: { username, password } }
}

function partsOf(text: string) {
  const url = new URL(text)
  const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  url.username = ''
  url.password = ''
  return { username, password, host: url.href.endsWith('/') ? url.href : `${url.href}/` }
}

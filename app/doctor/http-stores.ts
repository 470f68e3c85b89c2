import { z } from 'zod'
import { askable, basic, shownUrl } from '#contracts/secret.ts'
import type { Config } from '../config.ts'
import { asked, askMs, type Check, skewCheck, unwell, well } from './check.ts'

type Headers = Readonly<Record<string, string>>

/** A server that is asked over HTTP. Nothing is left behind: what is written is empty. */
interface Place {
  readonly what: string
  readonly setting: string
  readonly url: string
  readonly headers: Headers
  /** What is read from it; the server must answer 200. */
  readonly read?: string
  /** What is written to it: nothing, in its own words, and how it says that it would have taken more. */
  readonly write?: { readonly path: string; readonly type: string; readonly body: string; readonly taken: number }
  readonly version?: { readonly path: string; readonly least: number }
}

/** Loki says 422 to a push of no stream, once it has let its sender in. */
const lokiPush = { path: '/loki/api/v1/push', type: 'application/json', body: '{"streams":[]}', taken: 422 }
/** An export of no span is an empty message of protobuf. */
const otlpExport = { path: '/v1/traces', type: 'application/x-protobuf', body: '', taken: 200 }

const lokiVersion = { path: '/loki/api/v1/status/buildinfo', least: 3 } // structured metadata
const tempoVersion = { path: '/api/status/buildinfo', least: 2 } // /api/v2/traces, with 2.7
const prometheusVersion = { path: '/api/v1/status/buildinfo', least: 2 }

/** Loki, Tempo and the rest that speak HTTP: there, ready, of a version we know, and letting us read and write. Those that are not configured are not asked. */
export async function checkHttpStores(config: Config, now: () => number): Promise<readonly Check[]> {
  const checks = await Promise.all(placesOf(config).map((place) => checkPlace(place, now)))
  return checks.flat()
}

function placesOf({ loki, tempo, telemetry, canary }: Config): readonly Place[] {
  const place = (what: string, setting: string, url: string | undefined, more: Partial<Place>): readonly Place[] =>
    url === undefined ? [] : [{ what, setting, url, headers: {}, ...more }]
  const login = ({ username, password }: { username?: string | undefined; password?: string | undefined }) =>
    username === undefined ? {} : { authorization: basic(username, password ?? '') }
  const org = ({ tenantId }: { readonly tenantId: string }) => ({ 'x-scope-orgid': tenantId })
  const ofLoki: Headers = { ...org(loki), ...login(loki) }
  const ofTempo: Headers = { ...org(tempo), ...login(tempo) }
  return [
    ...place('Loki', 'loki.url', loki.url, {
      ...{ headers: ofLoki, read: '/loki/api/v1/labels', write: lokiPush, version: lokiVersion },
    }),
    ...place('traces (OTLP)', 'tempo.url', tempo.url, { headers: ofTempo, write: otlpExport }),
    ...place('Tempo queries', 'tempo.queryUrl', tempo.queryUrl, {
      ...{ headers: ofTempo, read: '/ready', version: tempoVersion },
    }),
    ...place('own traces (OTLP)', 'telemetry.tracesUrl', telemetry.tracesUrl, {
      ...{ headers: org(telemetry), write: { ...otlpExport, path: '' } },
    }),
    ...place('own log lines', 'telemetry.logsUrl', telemetry.logsUrl, { headers: org(telemetry), write: lokiPush }),
    ...place('Prometheus', 'canary.prometheusUrl', canary.prometheusUrl, {
      ...{ read: '/api/v1/query?query=up', version: prometheusVersion },
    }),
  ]
}

async function checkPlace(place: Place, now: () => number): Promise<readonly Check[]> {
  const { what, setting, url, read, write, version } = place
  return asked(what, `is ${shownUrl(url)} right (${setting}), and is the server up?`, async () => {
    const said = version === undefined ? undefined : await versionOf(place, version.path)
    const checks: Check[] = []
    if (read !== undefined) {
      const sentMs = now()
      const { status, date } = await ask(place, { path: read })
      const gotMs = now()
      checks.push(answered(place, { status, wanted: 200, doing: 'read' }))
      // In whole seconds: half a second later is what it says on average.
      if (date !== undefined) checks.push(skewCheck(what, date + 500, { sentMs, gotMs }))
    }
    if (write !== undefined) {
      const { status } = await ask(place, { path: write.path, type: write.type, body: write.body })
      checks.push(answered(place, { status, wanted: write.taken, doing: 'written to' }))
    }
    if (version !== undefined) checks.push(versionCheck(what, said, version.least))
    return merged(checks)
  })
}

/** One line where all is well with a server, apart from its clock: the details of it. */
function merged(checks: readonly Check[]): readonly Check[] {
  const clocks = checks.filter(({ what }) => what.endsWith(' clock'))
  const others = checks.filter((check) => !clocks.includes(check))
  const [first] = others
  if (first === undefined || others.some(({ ok }) => !ok)) return checks
  return [{ ...first, found: others.map(({ found }) => found).join('; ') }, ...clocks]
}

interface Asked {
  readonly path: string
  readonly type?: string
  readonly body?: string
}

async function send({ url, headers }: Place, { path, type, body }: Asked): Promise<Response> {
  const place = askable(url)
  const content = type === undefined ? {} : { 'content-type': type }
  return fetch(path === '' ? place.url : new URL(path, place.url), {
    ...(body === undefined ? {} : { method: 'POST', body }),
    headers: { ...place.headers, ...headers, ...content },
    ...{ signal: AbortSignal.timeout(askMs), redirect: 'manual' },
  })
}

async function ask(
  place: Place,
  asked: Asked,
): Promise<{ readonly status: number; readonly date: number | undefined }> {
  const response = await send(place, asked)
  await response.body?.cancel()
  const date = Date.parse(response.headers.get('date') ?? '')
  return { status: response.status, date: Number.isNaN(date) ? undefined : date }
}

interface Seen {
  readonly status: number
  readonly wanted: number
  readonly doing: 'read' | 'written to'
}

function answered({ what, setting, url }: Place, { status, wanted, doing }: Seen): Check {
  if (status === wanted || (status >= 200 && status < 300)) return well(what, `may be ${doing} at ${shownUrl(url)}`)
  const fix =
    status === 401 || status === 403
      ? 'user name and password are not accepted'
      : status === 429
        ? 'it takes no more of us now: look at its limits'
        : status >= 500
          ? 'it is not ready: look at its log'
          : `it answers, and not as ${what} does: is the URL right?`
  return unwell(what, `${status} where it was to be ${doing}, from ${shownUrl(url)}: ${fix} (${setting})`)
}

const buildInfo = z.union([
  z.object({ version: z.string().max(100) }),
  z.object({ data: z.object({ version: z.string().max(100) }) }).transform(({ data }) => data),
])

/** Undefined: it does not say, or a proxy in front keeps the question. */
async function versionOf(place: Place, path: string): Promise<string | undefined> {
  const response = await send(place, { path })
  const text = await response.text()
  try {
    const parsed = buildInfo.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data.version : undefined
  } catch {
    return undefined
  }
}

function versionCheck(what: string, said: string | undefined, least: number): Check {
  const major = Number(/^v?(\d+)\./.exec(said ?? '')?.[1])
  if (said === undefined || Number.isNaN(major)) return well(what, 'does not tell its version')
  return major >= least ? well(what, `version ${said}`) : unwell(what, `version ${said}: ${least}.0 or newer is needed`)
}

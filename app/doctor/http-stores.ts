import { askable, basic, shownUrl } from '#contracts/secret.ts'
import type { Config } from '../config.ts'
import { asked, askMs, type Check, unwell, well } from './check.ts'

interface Place {
  readonly what: string
  readonly setting: string
  readonly url: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Of a server that takes only POST, any answer but these says that it is there. */
  readonly refusals: readonly number[]
}

/** Loki, Tempo and the rest that speak HTTP: there, ready, and letting us in. Those that are not configured are not asked. */
export async function checkHttpStores(config: Config): Promise<readonly Check[]> {
  const checks = await Promise.all(placesOf(config).map(checkPlace))
  return checks.flat()
}

function placesOf({ loki, tempo, telemetry, canary }: Config): readonly Place[] {
  const place = (what: string, setting: string, url: string | undefined, more: Partial<Place>): readonly Place[] =>
    url === undefined ? [] : [{ what, setting, url, path: '/ready', headers: {}, refusals: [], ...more }]
  const login = ({ username, password }: { username?: string | undefined; password?: string | undefined }) =>
    username === undefined ? {} : { authorization: basic(username, password ?? '') }
  const otlp = { path: '/v1/traces', refusals: [401, 403, 404, 502, 503] }
  return [
    ...place('Loki', 'loki.url', loki.url, {
      path: '/loki/api/v1/labels',
      headers: { 'x-scope-orgid': loki.tenantId, ...login(loki) },
    }),
    ...place('traces (OTLP)', 'tempo.url', tempo.url, { ...otlp, headers: login(tempo) }),
    ...place('Tempo queries', 'tempo.queryUrl', tempo.queryUrl, { headers: login(tempo) }),
    ...place('own traces (OTLP)', 'telemetry.tracesUrl', telemetry.tracesUrl, { ...otlp, path: '' }),
    ...place('own log lines', 'telemetry.logsUrl', telemetry.logsUrl, {}),
    ...place('Prometheus', 'canary.prometheusUrl', canary.prometheusUrl, { path: '/-/ready' }),
  ]
}

async function checkPlace({ what, setting, url, path, headers, refusals }: Place): Promise<readonly Check[]> {
  return asked(what, `is ${shownUrl(url)} right (${setting}), and is the server up?`, async () => {
    const place = askable(url)
    const target = path === '' ? place.url : new URL(path, place.url)
    const login = { ...place.headers, ...headers }
    const response = await fetch(target, { headers: login, signal: AbortSignal.timeout(askMs), redirect: 'manual' })
    await response.body?.cancel()
    const { status } = response
    const refused = refusals.length === 0 ? !response.ok : refusals.includes(status)
    if (!refused) return well(what, `answers at ${shownUrl(url)}`)
    const fix =
      status === 401 || status === 403
        ? 'user name and password are not accepted'
        : `it answers, and not as ${what} does: is the URL right?`
    return unwell(what, `${status} from ${shownUrl(url)}: ${fix} (${setting})`)
  })
}

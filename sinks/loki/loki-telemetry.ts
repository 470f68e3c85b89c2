import {
  type CallLogLine,
  type CallLogs,
  inOrderOfTime,
  maxTelemetryRows,
  type TelemetryScope,
  type UnavailableReason,
} from '#contracts/call-telemetry.ts'
import { createHttpClient, type HttpClient } from '../shared/http.ts'
import { organisationOf } from '../shared/organisations.ts'
import { unusable } from '../shared/unavailable.ts'
import type { LokiConfig } from './config.ts'
import { type FoundLine, foundLines } from './lines.ts'
import { idsPerQuery, type LineSelector, selectorOf } from './logql.ts'
import { ownNames } from './names.ts'

export interface LokiTelemetryParts {
  readonly config: LokiConfig & { readonly url: string }
}

/** Somebody waits for the page: a store that takes longer is told as not answering. */
const mostPatienceMs = 10_000
/** 2,000 lines of the usual kind are 2 MB; of the longest Loki takes, far more than a page could show. */
const maxAnswerBytes = 32 * 1_048_576

/** The lines of a call from Loki, by its ids and its traces, each once however often it was pushed. */
export function createLokiTelemetry({ config }: LokiTelemetryParts): CallLogs & { close(): void } {
  const timeoutMs = Math.min(mostPatienceMs, config.requestTimeoutSeconds * 1_000)
  const http = createHttpClient({ ...config, timeoutMs, maxSockets: 4 })
  return {
    async logs(scope) {
      const org = organisationOf(config, scope.tenant)
      if (org === undefined) return { state: 'unavailable', why: 'refused', rows: [] }
      const tenant = config.tenants === 'one' ? scope.tenant : undefined
      const answers = await Promise.all(
        selectorsOf(scope, tenant).map((selector) => ask(http, { org, scope, query: selectorOf(selector) })),
      )
      const lines = answers.flatMap((answer) => (typeof answer === 'string' ? [] : answer))
      const rows = inOrderOfTime(lines, {
        nanos: ({ line }) => line.timeUnixNano,
        identity: ({ hash, line }) => hash ?? `${line.timeUnixNano} ${line.serviceName} ${line.body}`,
      }).map(({ line }): CallLogLine => ({ ...line, tenant: scope.tenant }))
      const why = answers.find((answer) => typeof answer === 'string')
      return why === undefined ? { state: 'ok', rows } : { state: 'unavailable', why, rows }
    },
    close: () => http.close(),
  }
}

/** By id and by trace, so many to a query. */
function selectorsOf({ ids, traceIds }: TelemetryScope, tenant: string | undefined): readonly LineSelector[] {
  const parts = (field: string, values: readonly string[]): readonly LineSelector[] =>
    Array.from({ length: Math.ceil(values.length / idsPerQuery) }, (_, at) => ({
      tenant,
      field,
      values: values.slice(at * idsPerQuery, (at + 1) * idsPerQuery),
    }))
  return [...parts(ownNames.correlationId, ids), ...parts(ownNames.traceId, traceIds)]
}

interface Question {
  readonly org: string
  readonly scope: TelemetryScope
  readonly query: string
}

/** As a form and not in the address: ids would stand in the access logs of every proxy between. */
async function ask(
  http: HttpClient,
  { org, scope, query }: Question,
): Promise<readonly FoundLine[] | UnavailableReason> {
  const form = new URLSearchParams({
    query,
    start: `${Math.floor(scope.fromMs)}000000`,
    end: `${Math.ceil(scope.toMs)}000000`,
    limit: String(maxTelemetryRows),
    direction: 'forward',
  })
  const reply = await http.send({
    method: 'POST',
    path: '/loki/api/v1/query_range',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-scope-orgid': org,
      // Else metadata and labels come as one, and nobody could tell an attribute from a label.
      'x-loki-response-encoding-flags': 'categorize-labels',
    },
    body: Buffer.from(form.toString()),
    maxAnswerBytes,
  })
  const why = unusable(reply)
  if (why !== undefined || reply.type !== 'answered') return why ?? 'failed'
  return foundLines(reply.body) ?? 'failed'
}

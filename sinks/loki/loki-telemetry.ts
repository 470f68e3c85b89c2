import {
  type CallLogLine,
  type CallLogs,
  inOrderOfTime,
  maxTelemetryRows,
  type TelemetryScope,
} from '#contracts/call-telemetry.ts'
import { createHttpClient } from '../shared/http.ts'
import { organisationOf } from '../shared/organisations.ts'
import type { LokiConfig } from './config.ts'
import { idsPerQuery, type LineSelector, selectorOf } from './logql.ts'
import { ownNames } from './names.ts'
import { nanosOf, queryRange } from './query-range.ts'

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
      const time = { from: nanosOf(Math.floor(scope.fromMs)), to: nanosOf(Math.ceil(scope.toMs)) }
      const range = { ...time, limit: maxTelemetryRows, maxAnswerBytes }
      const answers = await Promise.all(
        selectorsOf(scope, tenant).map((selector) => queryRange(http, { ...range, org, query: selectorOf(selector) })),
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

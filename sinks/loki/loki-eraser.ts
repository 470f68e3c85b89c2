import type { UnavailableReason } from '#contracts/call-telemetry.ts'
import type { Clock } from '#contracts/clock.ts'
import type { ErasingLogs, LineScope, NamedLine } from '#contracts/privacy.ts'
import type { LogLine } from '#contracts/signals/otlp.ts'
import { createHttpClient, type HttpClient } from '../shared/http.ts'
import { organisationOf } from '../shared/organisations.ts'
import { unusable } from '../shared/unavailable.ts'
import type { LokiConfig } from './config.ts'
import type { FoundLine } from './lines.ts'
import { idsPerQuery, selectorOf, textSelectorOf } from './logql.ts'
import { ownNames } from './names.ts'
import { nanosOf, queryRange } from './query-range.ts'

export interface LokiEraserParts {
  readonly config: LokiConfig & { readonly url: string }
  readonly clock: Clock
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** Lines of one answer: the most that Loki gives unless told otherwise (max_entries_limit_per_query). */
const linesPerAnswer = 5_000
const maxAnswerBytes = 64 * 1_048_576
/** Hashes in one request: they stand in its address, of which proxies take 8 KB. */
const hashesPerRequest = 100
/** By the clock of a machine that is a little ahead of Loki's, lines are of the future, which it does not delete. */
const clockSlackMs = 60_000
/**
 * Loki deletes for good once a request is older than delete_request_cancel_period (24 h), at its next compaction (10 min), and removes what
 * it replaced after retention_delete_delay (2 h). Until then it shows the lines no more.
 */
const deletedWithinMs = 27 * hourMs

/**
 * Deletes lines from Loki by their hash: nothing that names a person gets into a request to delete, which Loki keeps and logs. What is
 * looked for goes in a form and not in the address.
 */
export function createLokiEraser({ config, clock }: LokiEraserParts): ErasingLogs {
  const http = createHttpClient({ ...config, timeoutMs: config.requestTimeoutSeconds * 1_000, maxSockets: 2 })

  function place(tenant: string): Place | undefined {
    const org = organisationOf(config, tenant)
    return org === undefined ? undefined : { http, org, tenant: config.tenants === 'one' ? tenant : undefined }
  }

  return {
    retentionMs: config.retentionDays * dayMs,
    deletedWithinMs,
    async find(scope, isNamed) {
      const at = place(scope.tenant)
      if (at === undefined) return { state: 'unavailable', why: 'refused' }
      const found = new Map<string, NamedLine>()
      const nowMs = clock()
      for (const query of queriesOf(scope, at.tenant))
        for (let fromMs = nowMs - config.retentionDays * dayMs; fromMs < nowMs; fromMs += dayMs) {
          const toMs = Math.min(fromMs + dayMs, nowMs)
          const why = await each(at, { query, fromMs, toMs }, ({ line, hash }) => {
            if (hash === undefined || !isNamed({ ...line, body: bodyOf(line) })) return
            found.set(hash, { hash, atMs: Number(line.timeUnixNano.slice(0, -6)) })
          })
          if (why !== undefined) return { state: 'unavailable', why }
        }
      return { state: 'ok', lines: [...found.values()] }
    },
    async remove(tenant, lines) {
      const at = place(tenant)
      if (at === undefined) return 'refused'
      for (const [startMs, ofDay] of byDay(lines))
        for (let from = 0; from < ofDay.length; from += hashesPerRequest) {
          const hashes = ofDay.slice(from, from + hashesPerRequest).map(({ hash }) => hash)
          const query = selectorOf({ tenant: at.tenant, field: ownNames.hash, values: hashes })
          const endMs = Math.min(startMs + dayMs, clock() - clockSlackMs)
          const why = await askToDelete(at, { query, fromMs: startMs, toMs: Math.max(startMs, endMs) })
          if (why !== undefined) return why
        }
      return 'asked'
    },
    close: () => http.close(),
  }
}

/** Where texts were looked for, the metadata stand behind the line (textSelectorOf). */
const bodyOf = ({ body }: LogLine): string => body.split('\u0000', 1)[0] ?? ''

interface Place {
  readonly http: HttpClient
  readonly org: string
  /** Undefined where the organisation is the tenant. */
  readonly tenant: string | undefined
}

interface Question {
  readonly query: string
  readonly fromMs: number
  readonly toMs: number
}

function queriesOf({ ids, texts }: LineScope, tenant: string | undefined): readonly string[] {
  const byId = Array.from({ length: Math.ceil(ids.length / idsPerQuery) }, (_, at) =>
    selectorOf({
      tenant,
      field: ownNames.correlationId,
      values: ids.slice(at * idsPerQuery, (at + 1) * idsPerQuery),
    }),
  )
  return texts.length === 0 ? byId : [...byId, textSelectorOf(tenant, texts)]
}

/** Every line of a query, answer by answer in order of time. */
async function each(
  { http, org }: Place,
  { query, fromMs, toMs }: Question,
  take: (line: FoundLine) => void,
): Promise<UnavailableReason | undefined> {
  let from = nanosOf(Math.floor(fromMs))
  const to = nanosOf(Math.ceil(toMs))
  while (from < to) {
    const lines = await queryRange(http, { org, query, from, to, limit: linesPerAnswer, maxAnswerBytes })
    if (typeof lines === 'string') return lines
    for (const line of lines) take(line)
    if (lines.length < linesPerAnswer) return undefined
    const last = lines.reduce(
      (most, { line }) => (BigInt(line.timeUnixNano) > most ? BigInt(line.timeUnixNano) : most),
      0n,
    )
    // Of as many lines in one nanosecond the rest cannot be asked for.
    from = last > from ? last : from + 1n
  }
  return undefined
}

/** By the day they begin in, so that a request covers no more of Loki's index than it must. */
function byDay(lines: readonly NamedLine[]): ReadonlyMap<number, readonly NamedLine[]> {
  const days = new Map<number, NamedLine[]>()
  for (const line of lines) {
    const day = Math.floor(line.atMs / dayMs) * dayMs
    const known = days.get(day)
    if (known === undefined) days.set(day, [line])
    else known.push(line)
  }
  return days
}

/** The parameters of a request to delete are read from its address only. Seconds: it knows no finer. */
async function askToDelete({ http, org }: Place, { query, fromMs, toMs }: Question) {
  const seconds = (ms: number): string => String(Math.ceil(ms / 1_000))
  const asked = new URLSearchParams({ query, start: seconds(fromMs), end: seconds(toMs) })
  const reply = await http.send({
    method: 'POST',
    path: `/loki/api/v1/delete?${asked}`,
    headers: { 'x-scope-orgid': org },
    maxAnswerBytes: 65_536,
  })
  // 400 and 404: its compactor keeps no requests to delete; 403: not for this organisation.
  if (reply.type === 'answered' && reply.status >= 400 && reply.status < 500) return 'refused'
  return unusable(reply) === undefined ? undefined : 'unavailable'
}

import type { NewRecord } from '#contracts/event-log.ts'
import { recordHeaders } from '#contracts/pipeline.ts'
import { topicNames } from '#contracts/topics.ts'
import type { Random } from '#simulator/random.ts'
import { hostileText } from './hostile.ts'
import type { FuzzedInstall } from './install.ts'
import { type HostileEvent, hostileAnnouncement, hostileEvents, hostileGetStats, hostileOtlp } from './messages.ts'

/** One way in. Returns the status of an answer; undefined: there is none. */
export type Door = (install: FuzzedInstall, random: Random) => Promise<number | undefined>

const tenant = 'alpha'
const ofTenant = { [recordHeaders.tenant]: tenant }
const jsonl = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('')

const asRecord = ({ topic, event }: HostileEvent): NewRecord => ({
  ...{ topic, headers: ofTenant, value: JSON.stringify(event) },
  key: typeof event.correlationid === 'string' ? event.correlationid : null,
})

const asHeader = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

/** Binary mode: attributes are headers, whatever is in them. */
const asBinary = ({ topic, event: { data, ...attributes } }: HostileEvent, random: Random): NewRecord => ({
  topic,
  key: hostileText(random),
  headers: {
    ...ofTenant,
    ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, asHeader(value)])),
  },
  value: JSON.stringify(data ?? null),
})

const post = async (
  install: FuzzedInstall,
  path: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<number> => (await install.request(path, { body, headers, tenant })).status

const upload = { 'content-type': 'application/octet-stream' }
const otlp =
  (signal: 'logs' | 'traces'): Door =>
  (install, random) =>
    post(install, `/v1/${signal}`, JSON.stringify(hostileOtlp(random, signal, Date.now())))
const otlpInLog =
  (signal: 'logs' | 'traces', topic: string): Door =>
  async (install, random) => {
    const value = JSON.stringify(hostileOtlp(random, signal, Date.now()))
    await install.append([{ topic, key: null, headers: { ...ofTenant, 'content-type': 'application/json' }, value }])
    return undefined
  }

/** What is asked with hostile text: path, parameter, query, body. */
const questions: readonly ((text: string) => readonly [path: string, body?: object])[] = [
  ...['carrier', 'route', 'codec', 'id', 'q', 'cursor', 'since', 'class', 'tenant'].map(
    (name) => (text: string) => [`/api/calls?${name}=${text}`] as const,
  ),
  // The list of changes is a stream that does not end.
  (text) => [`/api/calls/${text === 'live' ? 'alive' : text}`],
  (text) => [`/api/calls/${text}/samples`],
  (text) => [`/api/calls/timeline?since=1h&carrier=${text}`],
  (text) => [`/api/links/${text}?tenant=${tenant}`],
  (text) => [`/api/dead-letters/${text}`],
  (text) => [`/api/profiles/${text}?tenant=${tenant}`],
]
const bodies: readonly ((text: string) => readonly [path: string, body: object])[] = [
  (text) => ['/api/sql', { query: `SELECT '${text}'` }],
  (text) => ['/api/sql', { query: text }],
  (text) => ['/api/links', { tenant, a: text, b: 'b', action: 'cut' }],
  (text) => ['/api/links', { tenant: text, a: 'a', b: 'b', action: 'join' }],
]

/** Every door of an install. One more is a line here. */
export const doors: Readonly<Record<string, Door>> = {
  events: (install, random) =>
    post(install, '/v1/events', JSON.stringify(hostileEvents(random, Date.now()).map(({ event }) => event)), {
      'content-type': 'application/cloudevents-batch+json',
    }),
  async 'events, one by one'(install, random) {
    for (const { event } of hostileEvents(random, Date.now())) {
      const status = await post(install, '/v1/events', JSON.stringify(event), {
        'content-type': 'application/cloudevents+json',
      })
      if (status >= 500) return status
    }
    return undefined
  },
  async 'events in the log'(install, random) {
    await install.append(hostileEvents(random, Date.now()).map(asRecord))
    return undefined
  },
  async 'events in the log, binary'(install, random) {
    await install.append(hostileEvents(random, Date.now()).map((event) => asBinary(event, random)))
    return undefined
  },
  logs: otlp('logs'),
  traces: otlp('traces'),
  'logs in the log': otlpInLog('logs', topicNames.appLogs),
  'traces in the log': otlpInLog('traces', topicNames.traceSpans),
  getstats: (install, random) => post(install, '/v1/getstats', JSON.stringify(hostileGetStats(random, Date.now()))),
  async 'announcements in the log'(install, random) {
    const value = hostileAnnouncement(random, Date.now())
    const topic = random.pick([topicNames.callChanges, topicNames.callChangesBulk])
    await install.append([{ topic, key: null, partition: random.int(0, 63), value }])
    return undefined
  },
  import: (install, random) => {
    const events = Array.from({ length: 3 }, () => hostileEvents(random, Date.now())).flat()
    const file = random.chance(0.7)
      ? jsonl(events.map(({ event }) => event))
      : jsonl([hostileOtlp(random, random.pick(['logs', 'traces'] as const), Date.now())])
    const name = encodeURIComponent(hostileText(random).toWellFormed().slice(0, 50)) || 'x'
    return post(install, `/api/import?name=${name}&tenant=${tenant}`, file, upload)
  },
  replay: (install, random) => {
    const lines = hostileEvents(random, Date.now()).map((event) => {
      const { topic, key, headers, value } = random.chance(0.5) ? asRecord(event) : asBinary(event, random)
      return { topic, key, headers, value: String(value) }
    })
    return post(install, '/api/replay?name=f', jsonl(lines), upload)
  },
  async questions(install, random) {
    const text = hostileText(random).toWellFormed().slice(0, 2_000)
    const [path, body] = random.chance(0.6)
      ? random.pick(questions)(encodeURIComponent(text))
      : random.pick(bodies)(hostileText(random))
    const asked = body === undefined ? {} : { body: JSON.stringify(body) }
    try {
      const { status } = await install.request(path, asked)
      if (status >= 500 && status !== 503) throw new Error(`${status}`)
    } catch (error) {
      const why = error instanceof Error ? error.message : 'failed'
      throw new Error(`${path} ${asked.body ?? ''}: ${why}`.slice(0, 500))
    }
    return undefined
  },
}

/** The API as the page uses it. The compiler holds it to the OpenAPI document (tests/page-types.test.ts). */
export type CallClass = 'good' | 'degraded' | 'poor' | 'unclassified'
export type CallState = 'open' | 'settling' | 'settled'

/** Query of /api/calls, /api/calls/timeline, /api/calls/facets and /api/calls/live. Lists are comma separated in the address. */
export interface CallQuery {
  tenant?: string
  /** RFC 3339, epoch milliseconds, or how long ago: 90m, 24h, 7d. */
  since?: string
  until?: string
  class?: string // comma separated list
  state?: CallState
  disposition?: 'answered' | 'not_answered' | 'unknown'
  carrier?: string
  route?: string
  gateway?: string
  region?: string
  codec?: string
  /** a finding type (one_way_audio, platform_span_failed, client_limited, ...) */
  finding?: string
  /** whose side: caller_access, callee_access, carrier, platform, codec, client_device, unknown */
  fault?: string
  /** correlation id, SIP Call-ID or any other linked id, number or address (substring of from/to, at least 3 characters) */
  q?: string
  sort?: 'started' | 'duration' | 'mos'
  order?: 'asc' | 'desc'
  limit?: number
  cursor?: string
}

export interface CallListItem {
  tenant: string
  id: string
  startedMs: number
  answeredMs?: number
  endedMs?: number
  state: CallState
  class: CallClass
  unclassified?: string
  disposition: string
  conference: boolean
  direction?: string
  from?: string
  to?: string
  carrier?: string
  gateway?: string
  route?: string
  region?: string
  codec?: string
  talkMs?: number
  worstMos?: number
  worstMosName?: string
  reasons: string[]
  findings: string[]
  fault?: string
  faultConfidence?: number
  /** Rises with every recompute of the record. */
  version: number
}
export interface CallPage {
  calls: CallListItem[]
  nextCursor?: string
  completeUntilMs?: number
}

/** GET /api/calls/timeline?…&buckets=1..500 (default 120). Missing since: the last 24 h before until (or now). */
export interface Timeline {
  fromMs: number
  untilMs: number
  bucketMs: number
  completeUntilMs?: number
  buckets: { atMs: number; good: number; degraded: number; poor: number; unclassified: number }[]
}

/** GET /api/calls/facets?tenant&since&until: values in that time, most calls first, at most 100 each. Other filters are ignored. */
export interface Facets {
  total: number
  facets: Record<
    'tenant' | 'carrier' | 'route' | 'region' | 'codec' | 'class' | 'disposition' | 'finding' | 'fault',
    { value: string; calls: number }[]
  >
}

/**
 * GET /api/calls/live?<filter without limit, cursor, sort>: text/event-stream.
 * event "calls" (id: the greatest version in it): LiveCalls. event "tick" every 5 s: { nowMs, completeUntilMs? }.
 * Last-Event-ID resumes; without it, begins now. retry: 2000.
 */
export interface LiveCalls {
  /** New or changed, and matching. */
  calls: CallListItem[]
  /** Changed, and no longer matching (or deleted). */
  gone: { tenant: string; id: string }[]
  completeUntilMs?: number
}

/** GET /api/now?tenant&minutes=5..360 (default 60) */
export interface Now {
  nowMs: number
  fromMs: number
  untilMs: number
  completeUntilMs?: number
  activeCalls: number
  startedCalls: number
  /** By class, of calls that started in the window. */
  classes: { good: number; degraded: number; poor: number; unclassified: number }
  /** Talk minutes measured in the window by MOS scale (never mixed), and those below the profile's "degraded" limit. */
  scales: {
    /** MOS-CQEN and the like. */
    name: string
    thresholdMos: number
    minutes: number
    belowMinutes: number
    /** MOS distribution over time: rows of bins (0.1 MOS each, from binFrom), columns of times; minutes of talk. */
    heatmap: {
      bucketMs: number
      times: number[]
      binFrom: number
      binWidth: number
      minutes: number[][] /* [time][bin] */
    }
  }[]
  /** Talk minutes in the window for which nobody measured a MOS. */
  unscoredMinutes: number
  /** When callscope itself was not looking, by pipeline. */
  blind: { pipeline: string; fromMs: number; untilMs: number }[]
  worst: Record<
    'carrier' | 'route' | 'region' | 'codec',
    { value: string; calls: number; bad: number; poor: number; unclassified: number }[]
  >
}

/** GET /api/calls/:id/samples?tenant: every interval as scored, columns of equal length per stream and observer. */
export interface CallSamples {
  streams: {
    /** As in record.streams. */
    key: string
    observer: string
    /** CloudEvents source of the samples; empty where it was not kept. */
    source: string
    scope: 'interval' | 'cumulative' | 'call'
    kind: 'audio' | 'video'
    label: string
    mosName?: string
    band?: 'N' | 'W' | 'F'
    /** Codec rows in use, and whether each is grounded. */
    codecRows: { row: string; grounded: boolean }[]
    endMs: number[]
    lengthMs: number[]
    mos: (number | null)[]
    lossRatio: (number | null)[]
    jitterMs: (number | null)[]
    roundTripMs: (number | null)[]
    concealedRatio: (number | null)[]
    /** contracts/interval-mask.ts */
    mask: number[]
  }[]
  /** More than 200,000 intervals: only the first are here. */
  truncated: boolean
  /** Of the profile the call was judged by; absent: never judged. Ratios 0..1, ms, MOS. */
  thresholds: {
    loss?: { degraded: number; poor: number }
    jitterMs?: { degraded: number; poor: number }
    roundTripMs?: { degraded: number; poor: number }
    concealment?: { degraded: number; poor: number }
    mos: {
      N?: { degraded: number; poor: number }
      W?: { degraded: number; poor: number }
      F?: { degraded: number; poor: number }
    }
  }
}

/** GET /api/session: who asks. */
export interface Session {
  version: string
  role: 'reader' | 'administrator' | 'ingest'
  tenant?: string
  demo: boolean
  mayImport: boolean
}

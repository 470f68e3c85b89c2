import type { ArchiveFilter, ArchiveSummary } from '#contracts/archive.ts'
import type { AuditTrail } from '#contracts/audit-trail.ts'
import type { CallCharts } from '#contracts/call-charts.ts'
import type { Clock } from '#contracts/clock.ts'
import type { DeadLetterDesk } from '#contracts/dead-letters.ts'
import type { EventLog } from '#contracts/event-log.ts'
import type { CallChanges } from '#contracts/live-calls.ts'
import type { ParkReason } from '#contracts/outcome.ts'
import type { Pages } from '#contracts/pages.ts'
import type { TimeWindows } from '#contracts/pipeline.ts'
import type { ErasureStep } from '#contracts/privacy.ts'
import type { LinkCut, Run, TenantDirectory } from '#contracts/registry.ts'
import type { CallReader, SqlConsole, TenantScope } from '#contracts/warehouse.ts'
import type { QualityProfile } from '#quality/profile.ts'
import type { ConnectionLimits, ConnectionWatch } from './connections.ts'
import type { Anonymous } from './credentials.ts'
import type { KeyDesk } from './key-port.ts'
import type { SharesAtEdge } from './shares-at-edge.ts'

export interface Upload {
  /** File name, for people and the run's record; never used as a path. */
  readonly name: string
  /** The bytes; or, for a command on the same machine and never from HTTP, where they lie. */
  readonly content: AsyncIterable<Uint8Array> | { readonly path: string }
}

/** What a bounded job did. */
export interface JobReport {
  readonly run: string
  readonly counts: Readonly<Record<string, number>>
  /** What was refused, by reason, with an example of where. */
  readonly refused: readonly { readonly reason: string; readonly count: number; readonly example: string }[]
  /** What a person should know: why there is no call in it, what was left out on purpose. */
  readonly notes: readonly string[]
  /** Of an import: correlation ids of the first calls in it. Their records follow within seconds. */
  readonly calls?: readonly { readonly tenant: string; readonly id: string }[]
}

export interface ReplayPace {
  /** Messages per second; undefined: as fast as they are stored. */
  readonly rate?: number | undefined
  readonly repeat?: number | undefined
  /** Tenants to add first, so that messages that name them find them. */
  readonly tenants?: readonly string[] | undefined
}

export interface Jobs {
  importFile(upload: Upload & { readonly tenant?: string | undefined }): Promise<JobReport>
  replay(upload: Upload & ReplayPace, onProgress?: (messages: number) => void): Promise<JobReport>
}

/** What a replay from the archive would read. Rows are those of whole objects, of which a replay may send a part. */
export interface ArchivePlan {
  readonly objects: number
  readonly rows: number
  readonly bytes: number
  /** Must be restored before they can be read: how many, and the keys of the first. */
  readonly frozen: { readonly objects: number; readonly restoring: number; readonly keys: readonly string[] }
  /** Not there although they should be. */
  readonly missing: { readonly objects: number; readonly keys: readonly string[] }
  /** Not there, and past `retention_until`: removed on purpose. */
  readonly expired: number
}

export interface ArchiveVerified {
  readonly objects: number
  readonly bytes: number
  readonly expired: number
  /** Objects that are not as they were written, or cannot be read: how many of each, and the first. */
  readonly refused: JobReport['refused']
}

export interface ArchiveReplay extends ArchiveFilter {
  /** Messages per second; undefined: as fast as they are stored. */
  readonly rate?: number | undefined
}

/** Every method is refused where no archive is configured. */
export interface ArchiveDesk {
  list(filter: ArchiveFilter, limit: number): Promise<readonly ArchiveSummary[]>
  plan(filter: ArchiveFilter): Promise<ArchivePlan>
  /** Reads every object and compares it with its checksum. */
  verify(filter: ArchiveFilter, onProgress?: (objects: number) => void): Promise<ArchiveVerified>
  /** Puts messages into the log again, judged as they were when they were first taken. Refused while some must be restored. */
  replay(request: ArchiveReplay, onProgress?: (messages: number) => void): Promise<JobReport>
}

/** One profile of a tenant: it holds until the next begins. */
export interface ProfileEntry {
  readonly version: string
  /** 0: from the beginning. */
  readonly validFromMs: number
  /** Calls that start now are judged by it. */
  readonly current: boolean
}

export interface ProfileList {
  readonly profiles: readonly ProfileEntry[]
  /** Vendors' published limits, ready to be shown, changed and set. */
  readonly ready: readonly { readonly version: string; readonly vendor: string; readonly source: string }[]
}

export interface NewProfile {
  readonly tenant: string
  readonly profile: QualityProfile
  /** Undefined: from now on. */
  readonly validFromMs?: number | undefined
}

export interface ProfileDesk {
  list(tenant: string): Promise<ProfileList>
  /** One of the tenant's, or one that comes with the program. */
  show(tenant: string, version: string): Promise<QualityProfile | undefined>
  /** Stores it and announces, in bulk, the calls that it holds for: they are judged anew. */
  set(profile: NewProfile): Promise<{ readonly version: string; readonly validFromMs: number; readonly calls: number }>
}

/** A call as its links make it. */
export interface LinkedCall {
  /** The smallest of its members. */
  readonly id: string
  readonly members: readonly string[]
  /** Values that its members carry and that may join others, by kind. */
  readonly links: Readonly<Record<string, readonly string[]>>
}

export interface LinksOfCall {
  readonly calls: readonly LinkedCall[]
  /** Every cut or join by hand that names a member, in their order. */
  readonly cuts: readonly LinkCut[]
}

export type LinkDecision = Omit<LinkCut, 'sequence'>

export interface LinkDecided {
  readonly sequence: number
  /** False: the two ids were two calls already. A slip of the pen, or a cut ahead of a link. */
  readonly wereOne: boolean
  /** Ids that are computed anew: every member of what was one call, and is. */
  readonly announced: number
  /** What the two ids name now: one call, or two. */
  readonly calls: readonly LinkedCall[]
}

export interface LinkDesk {
  show(tenant: string, id: string): Promise<LinksOfCall>
  decide(decision: LinkDecision): Promise<LinkDecided>
}

/** A person of a tenant by number, SIP URI, address or name; or a whole call by one of its correlation ids. */
export interface ErasureAsked {
  readonly tenant: string
  readonly party?: string | undefined
  readonly call?: string | undefined
}

export interface ErasureReport {
  readonly sequence: number
  /** Correlation ids whose records are computed anew. */
  readonly calls: number
  /** Rows of raw that were written again without the person, or deleted, by table. */
  readonly rows: Readonly<Record<string, number>>
  /** False: older versions of some records still lie in the store; told again, they are deleted. */
  readonly purged: boolean
  /** What became of it in each store, and by when the rest is gone. */
  readonly stores: readonly ErasureStep[]
}

export interface ErasureEntry {
  readonly sequence: number
  readonly kind: 'party' | 'call'
  /** Hashes of a person, or a correlation id. */
  readonly subjects: readonly string[]
  readonly madeBy: string
  readonly madeMs: number
  /** What became of it in each store when it was last told. */
  readonly stores: readonly ErasureStep[]
}

export interface ErasureDesk {
  erase(asked: ErasureAsked): Promise<ErasureReport>
  list(tenant: string): Promise<readonly ErasureEntry[]>
}

/**
 * All that people may ask, the same over HTTP and in process: commands hold either. What cannot be done because of what
 * was asked is an error with a `statusCode` of 4xx whose message is meant for people.
 */
export interface Desk {
  readonly calls: CallReader
  readonly sql: SqlConsole
  readonly runs: { list(limit: number): Promise<readonly Run[]> }
  readonly deadLetters: DeadLetterDesk
  readonly jobs: Jobs
  readonly archive: ArchiveDesk
  readonly keys: KeyDesk
  readonly profiles: ProfileDesk
  readonly links: LinkDesk
  readonly erasures: ErasureDesk
}

/** A message that an edge refused in a way that must leave a trace. */
export interface ParkedAtEdge {
  readonly reason: ParkReason
  readonly detail: string
  readonly topic: string
  readonly tenant: string
  readonly value: string
}

/** Closed sets, because they become metric labels. */
export type Edge = 'events' | 'logs' | 'traces' | 'getstats'
export type EdgeOutcome = 'accepted' | 'invalid' | 'too_large' | 'tenant_mismatch' | 'overloaded' | 'not_stored'

export interface Readiness {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, string>>
  /** What works, and not as well as it should. */
  readonly notes?: readonly string[]
}

export interface HttpSettings {
  /** What the server will listen on; says which Host names are its own. */
  readonly host: string
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
  /** Whose it is what comes without a credential. */
  readonly defaultTenant: string
  /** The operator has named it. */
  readonly defaultTenantStated: boolean
  /** Event times that the pipelines take: what they would refuse is refused at once. */
  readonly windows: Pick<TimeWindows, 'maxAgeMs' | 'maxAheadMs' | 'byTenant'>
  /** What this machine may without a credential; undefined: nothing, like all others. */
  readonly anonymous?: Anonymous | undefined
  /** The traffic is made up: it is nobody's. */
  readonly demo: boolean
  readonly pageDefault: number
  readonly pageMax: number
  readonly eventsBytes: number
  readonly otlpBytes: number
  readonly uploadBytes: number
  readonly requestTimeoutMs: number
  /** For the head of a request to arrive; also of one that never comes. */
  readonly headersTimeoutMs: number
  readonly connections: ConnectionLimits
  /** Live lists open at once, and those of one tenant. */
  readonly live: { readonly max: number; readonly perTenant: number }
  readonly version: string
}

export interface HttpLogger {
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Until when all that belongs to these tenants (undefined: to any) is known to have arrived; undefined: nobody knows. */
export type CompleteUntil = (tenants: TenantScope) => number | undefined

/**
 * Prometheus text, or OpenMetrics. Tenants undefined: everything, with exemplars that name calls; else the series that carry
 * one of these tenants' labels, and no other.
 */
export type ExposeMetrics = (
  format: 'text' | 'openmetrics',
  tenants?: TenantScope,
) => Promise<{ readonly contentType: string; readonly body: string }>

/** What the HTTP edge needs of the rest. */
export interface HttpParts {
  readonly settings: HttpSettings
  readonly log: Pick<EventLog, 'append'>
  readonly tenants: Pick<TenantDirectory, 'findKey' | 'tenants'>
  readonly keys: {
    /** Hashes of the keys that open something, the latest first. */
    hashes(limit: number): Promise<readonly string[]>
    used(id: string): void
  }
  readonly desk: Desk
  readonly trail: AuditTrail
  readonly connections: ConnectionWatch
  readonly charts: CallCharts
  readonly changes: CallChanges
  readonly pages: Pages
  readonly administratorToken: string
  /** What Prometheus shows; undefined: only the administrator token opens the figures of all tenants. */
  readonly metricsToken?: string | undefined
  readonly clock: Clock
  /** How far the machine's own clock is ahead of that, where it is not believed; 0: it is. Milliseconds. */
  readonly clockAheadMs?: () => number
  readonly logger: HttpLogger
  park(messages: readonly ParkedAtEdge[]): Promise<void>
  count(edge: Edge, outcome: EdgeOutcome, messages: number): void
  readonly metrics: ExposeMetrics
  readiness(): Promise<Readiness>
  /** Without it a tenant may send as much as is taken. */
  readonly shares?: SharesAtEdge | undefined
  completeUntil(): Promise<CompleteUntil>
}

/** Where a request came from, as far as an audit event may say: addresses of people are personal data. `local`: a command. */
export const addressClasses = ['local', 'loopback', 'private', 'public'] as const
export type AddressClass = (typeof addressClasses)[number]

/** `begun`: noted before anything is done. `refused`: because of what was asked. */
export const actOutcomes = ['begun', 'done', 'refused', 'failed'] as const
export type ActOutcome = (typeof actOutcomes)[number]

/** Who acts. */
export interface Actor {
  /** Opaque: `administrator-token`, `cli:<user of the machine>`, or the id of an API key. */
  readonly id: string
  readonly peer: AddressClass
}

/** What is known of an administrative act: before it, or after it. Nothing here may be a secret or personal data. */
export interface ActDetails {
  /** Whose data it concerns. */
  readonly tenant?: string | undefined
  /** An id of callscope's own: of a key, a dead letter, a run, a profile, or the sequence of a cut or an erasure. */
  readonly target?: string | undefined
  /** Of SQL: the statement without its literals. */
  readonly detail?: string | undefined
}

export interface ActEnd extends ActDetails {
  readonly outcome: Exclude<ActOutcome, 'begun'>
  /** As HTTP has it, also of a command. */
  readonly status: number
}

/** A credential that opened nothing. Both of closed sets. */
export interface DeniedAccess {
  readonly denial: string
  /** What was asked for: `read`, `ingest`, `administer`. */
  readonly access: string
  readonly keyId?: string | undefined
  readonly peer: AddressClass
}

/** The administrators' trace. What it is given becomes events on `audit-events`, and rows of `audit_log`. */
export interface AuditTrail {
  /**
   * Notes durably that an act begins; `action` is its route, like "POST /api/keys". Rejects where that cannot be noted
   * within seconds: the act must not be done then. What it resolves to is called once after the act, and never throws.
   */
  begin(act: ActDetails & { readonly actor: Actor; readonly action: string }): Promise<(end: ActEnd) => void>
  /** Counts it; who does it often makes no more than a few events a minute. Never throws, never waits. */
  denied(denied: DeniedAccess): void
}

/** Whether a change waits for the next running update of an open call, or is shown at once, as all that events change is. */
export type Urgency = 'running' | 'now'

/** One call's part of an announcement: what of it is dirty, under the id the announcer has. */
export interface Change {
  readonly tenant: string
  /** Correlation id, or `trace:<trace id>`. */
  readonly id: string
  /** Dirty minutes, as epoch minutes. Empty: only the record. */
  readonly minutes: readonly number[]
  /** What scoring reads has changed (codec, answer): every minute made of this id before is dirty too. */
  readonly rescore: boolean
  /** True when announced samples hold running counters: the minutes after theirs are dirty too. */
  readonly cumulative: boolean
  readonly urgency: Urgency
  /** Read long after the log took it: however urgent, it waits until the flood of such changes is over. */
  readonly late?: true
  /** Worst class seen in the announced samples (0 good, 1 degraded, 2 poor): a change for the worse is shown at once. */
  readonly worst: 0 | 1 | 2
  /** Length of the announced samples that were not good, milliseconds. May count a repeat twice: it decides when, never what. */
  readonly badMs?: number
}

/** Nothing was measured, and the record has to be made anew: something else that it is made of has changed. */
export const recordOnly = ({ tenant, id }: Pick<Change, 'tenant' | 'id'>, urgency: Urgency = 'now'): Change => ({
  tenant,
  id,
  minutes: [],
  rescore: false,
  cumulative: false,
  urgency,
  worst: 0,
})

/** The value of one message on `call-changes`: changes of one shard. */
export interface Announcement {
  readonly v: 1
  readonly changes: readonly Change[]
}

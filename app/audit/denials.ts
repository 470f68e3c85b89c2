import type { DeniedAccess } from '#contracts/audit-trail.ts'

/** Denials of this time are one event for each kind. */
const everyMs = 60_000
/** Kinds kept separate within it: a holder of many ended keys makes no more events than that. */
const maxKinds = 50

/** What one event says: so many of one kind. */
interface DenialEvent {
  readonly [field: string]: unknown
  readonly actor_id: string
}

/** Refused credentials, gathered: an attacker makes counts rise, and no more than a few events a minute. */
export function createDenials(say: (event: DenialEvent) => void) {
  const kinds = new Map<string, { readonly denied: DeniedAccess; count: number }>()
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    for (const { denied, count } of kinds.values()) say(eventOf(denied, count))
    kinds.clear()
  }

  return {
    add(denied: DeniedAccess): void {
      const { denial, access, keyId = '', peer } = denied
      const known = kinds.get(`${denial} ${access} ${keyId} ${peer}`)
      if (known !== undefined) {
        known.count += 1
        return
      }
      // Beyond, keys are no longer kept separate: what is left of a kind is of small closed sets.
      const kept = kinds.size < maxKinds ? denied : { ...denied, keyId: undefined }
      const name = `${denial} ${access} ${kept.keyId ?? ''} ${peer}`
      const kind = kinds.get(name)
      if (kind === undefined) kinds.set(name, { denied: kept, count: 1 })
      else kind.count += 1
      timer ??= setTimeout(flush, everyMs).unref()
    },
    /** Says what is known so far. */
    close: flush,
  }
}

const eventOf = ({ denial, access, keyId, peer }: DeniedAccess, count: number): DenialEvent => ({
  ...{ actor_id: keyId ?? 'unknown', resource: access, action: 'authenticate' },
  ...{ reason: denial, count, peer },
})

import type { LinkKind } from '#contracts/ids.ts'
import { type ByTenant, createByTenant } from '../by-tenant.ts'

/** All links of one signal: what they join its correlation id to. */
export interface LinkBundle {
  readonly tenant: string
  readonly correlationId: string
  readonly ids: { readonly [Kind in LinkKind]?: string | undefined }
  readonly expiresAtSeconds: number
}

/** One batch's part of the memory: what was written with it. */
export interface LinkBatch {
  /** The store has acknowledged the batch. Without this call nothing of it is remembered. */
  confirm(): void
}

/**
 * Remembers which links are stored, so that a call's thousands of samples do not write its links thousands of times.
 * Links noted count as stored within their own batch (its rows go together), and afterwards only once it is confirmed.
 */
export interface LinkMemory {
  /** Starts a batch; everything noted from here on belongs to it. One abandoned is simply never confirmed. */
  begin(): LinkBatch
  isStored(bundle: LinkBundle): boolean
  note(bundle: LinkBundle): void
}

/**
 * Links are written again when their expiry would move on by more than this. Stored ones thus expire at most a day
 * before the rows they came with, and within the two days for which records are frozen before raw expires.
 */
const refreshSeconds = 86_400

/** Bundles remembered of one correlation id, a few for each leg. One that has more is looked through no further. */
const maxOfOneCall = 64

/** Bundles by call: to compare the few of one call costs less than to make a key of nine texts for every sample. */
interface Generation {
  readonly calls: ByTenant<LinkBundle[]>
  size: number
}

const newGeneration = (): Generation => ({ calls: createByTenant(), size: 0 })

const find = ({ calls }: Generation, { tenant, correlationId, ids }: LinkBundle): LinkBundle | undefined =>
  calls.get(tenant, correlationId)?.find((known) => sameIds(known.ids, ids))

function put(generation: Generation, bundle: LinkBundle): void {
  const { calls } = generation
  const known = calls.get(bundle.tenant, bundle.correlationId)
  if (known === undefined) calls.set(bundle.tenant, bundle.correlationId, [bundle])
  else {
    const at = known.findIndex(({ ids }) => sameIds(ids, bundle.ids))
    if (at >= 0) {
      if ((known[at]?.expiresAtSeconds ?? 0) < bundle.expiresAtSeconds) known[at] = bundle
      return
    }
    if (known.push(bundle) > maxOfOneCall) known.shift()
  }
  generation.size += 1
}

/**
 * A memory of at least `max / 2` and at most `max` bundles (about 250 bytes each), forgetting the longest unused:
 * two generations, the older dropped when the younger is full. A forgotten link is written again, which costs a row.
 */
export function createLinkMemory({ max }: { readonly max: number }): LinkMemory {
  const half = Math.max(1, Math.floor(max / 2))
  let young = newGeneration()
  let old = newGeneration()
  let noted: Generation | undefined

  function remember(bundle: LinkBundle): void {
    if (young.size >= half && find(young, bundle) === undefined) {
      old = young
      young = newGeneration()
    }
    put(young, bundle)
  }

  return {
    begin() {
      const own = newGeneration()
      noted = own
      return {
        confirm() {
          for (const ofCall of own.calls.values()) for (const bundle of ofCall.splice(0)) remember(bundle)
        },
      }
    },
    isStored(bundle) {
      const least = bundle.expiresAtSeconds - refreshSeconds
      const isFresh = (known: LinkBundle | undefined) => known !== undefined && known.expiresAtSeconds >= least
      if (isFresh(find(young, bundle)) || (noted !== undefined && isFresh(find(noted, bundle)))) return true
      const known = find(old, bundle)
      if (known === undefined || !isFresh(known)) return false
      remember(known)
      return true
    },
    note(bundle) {
      if (noted !== undefined) put(noted, bundle)
    },
  }
}

/** Spelt out: a loop over the kinds costs more than the comparisons. */
const sameIds = (a: LinkBundle['ids'], b: LinkBundle['ids']): boolean =>
  a.leg_id === b.leg_id &&
  a.trace_id === b.trace_id &&
  a.call_id === b.call_id &&
  a.session_id === b.session_id &&
  a.conf_session_id === b.conf_session_id &&
  a.sip_call_id === b.sip_call_id &&
  a.sip_session_id === b.sip_session_id &&
  a.linked_correlation_id === b.linked_correlation_id

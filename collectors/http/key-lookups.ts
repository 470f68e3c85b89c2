import type { Clock } from '#contracts/clock.ts'
import type { KnownKey } from '#contracts/registry.ts'
import { type Bucket, fullBucket, putLast, type Rate, refill, secondsUntilNext } from './bounded.ts'
import { networkOf } from './peer.ts'

/** What a hash leads to. `limited`: too many unknown keys were shown to say so now. */
export type KeyFound =
  | { readonly type: 'known'; readonly key: KnownKey }
  | { readonly type: 'unknown' }
  | { readonly type: 'limited'; readonly retryAfterSeconds: number }

export interface KeyPace {
  /** A key that was found is believed for this long: a revoked one is refused everywhere within it. */
  readonly believedMs: number
  /** A hash that was not found is taken for unknown this long: a key made by another process works within it. */
  readonly unknownMs: number
  /** Look-ups of hashes that lead to no key, of all peers together. */
  readonly lookups: Rate
  /** Unknown keys that one peer may show; an IPv6 network of 64 bits counts as one. */
  readonly perPeer: Rate
  /** The list of keys that open something is read at most once in this time, and only while look-ups are limited. */
  readonly listMs: number
  /** The answer "too many" is delayed by this much: its peer would ask again at once. */
  readonly holdBackMs: number
}

export const defaultKeyPace: KeyPace = {
  ...{ believedMs: 5_000, unknownMs: 5_000, listMs: 5_000, holdBackMs: 250 },
  // A look-up costs the registry under a millisecond: the stranger's share stays below a twentieth of its time.
  lookups: { burst: 50, perSecond: 50 },
  // A person who mistypes, or a fleet behind one address whose key has ended; not a search for keys.
  perPeer: { burst: 20, perSecond: 1 },
}

const maxKnown = 10_000
const maxUnknown = 20_000
const maxPeers = 10_000
const maxListed = 10_000
/** Answers held back at once; beyond, they are given right away. */
const maxHeldBack = 500

export interface KeyLookups {
  /** The key with this hash, as it was at most `believedMs` ago. Throws where the registry does not answer. */
  find(hash: string, peer: string | undefined): Promise<KeyFound>
  /** A key was made or revoked by this process: nothing is believed any longer. */
  forget(): void
}

interface KeyLookupParts {
  readonly findKey: (hash: string) => Promise<KnownKey | undefined>
  /** Hashes of the keys that open something, the latest first. */
  readonly hashes: (limit: number) => Promise<readonly string[]>
  readonly clock: Clock
  readonly pace?: KeyPace
}

/** A believed answer and until when. One whose end is further away than it can be was noted under another clock. */
interface Believed<Value> {
  readonly value: Value
  readonly untilMs: number
}

const holds = ({ untilMs }: Believed<unknown>, nowMs: number, forMs: number): boolean =>
  nowMs < untilMs && nowMs >= untilMs - forMs

/** What the registry said of hashes, for as long as it is believed. One look-up at a time for a hash. */
function createBelief(findKey: KeyLookupParts['findKey'], clock: Clock, pace: KeyPace) {
  const known = new Map<string, Believed<KnownKey>>()
  const unknown = new Map<string, Believed<true>>()
  const asking = new Map<string, Promise<KnownKey | undefined>>()
  let round = 0

  async function look(hash: string): Promise<KnownKey | undefined> {
    const began = round
    const key = await findKey(hash)
    // Asked before something was made or revoked: an answer, and nothing to be believed.
    if (began !== round) return key
    const nowMs = clock()
    if (key === undefined) {
      known.delete(hash)
      putLast(unknown, hash, { value: true, untilMs: nowMs + pace.unknownMs }, maxUnknown)
    } else {
      unknown.delete(hash)
      putLast(known, hash, { value: key, untilMs: nowMs + pace.believedMs }, maxKnown)
    }
    return key
  }

  return {
    known: (hash: string) => known.get(hash),
    isUnknown(hash: string): boolean {
      const refused = unknown.get(hash)
      return refused !== undefined && holds(refused, clock(), pace.unknownMs)
    },
    isAsked: (hash: string) => asking.has(hash),
    /** Callers that come while a hash is looked up share its answer. */
    ask(hash: string): Promise<KnownKey | undefined> {
      const under = asking.get(hash)
      if (under !== undefined) return under
      const asked = look(hash).finally(() => {
        if (asking.get(hash) === asked) asking.delete(hash)
      })
      asking.set(hash, asked)
      return asked
    },
    forget(): void {
      round += 1
      for (const map of [known, unknown, asking]) map.clear()
    },
  }
}

/**
 * Which key a hash belongs to, without asking the registry for each request. Keys that were found before, or are on the list, are
 * asked for whatever strangers do; a hash of which nothing is known waits for its share.
 */
export function createKeyLookups({ findKey, hashes, clock, pace = defaultKeyPace }: KeyLookupParts): KeyLookups {
  const belief = createBelief(findKey, clock, pace)
  const strangers = createStrangers(pace, clock)
  const list = createKeyList(hashes, clock, pace.listMs)
  const holdBack = createHoldBack(pace.holdBackMs)

  async function findStranger(hash: string, peer: string): Promise<KeyFound> {
    const withLookup = !belief.isAsked(hash)
    const refused = strangers.admit(peer, withLookup)
    if (refused === undefined) {
      const key = await belief.ask(hash)
      if (key === undefined) return { type: 'unknown' }
      strangers.giveBack(peer, withLookup)
      return { type: 'known', key }
    }
    const key = (await list.has(hash)) ? await belief.ask(hash) : undefined
    return key === undefined ? holdBack({ type: 'limited', retryAfterSeconds: refused }) : { type: 'known', key }
  }

  return {
    async find(hash, address) {
      const believed = belief.known(hash)
      if (believed !== undefined) {
        const fresh = holds(believed, clock(), pace.believedMs)
        const key = fresh ? believed.value : await belief.ask(hash)
        return key === undefined ? { type: 'unknown' } : { type: 'known', key }
      }
      const peer = networkOf(address)
      if (!belief.isUnknown(hash)) return findStranger(hash, peer)
      const retryAfterSeconds = strangers.admit(peer, false)
      return retryAfterSeconds === undefined ? { type: 'unknown' } : holdBack({ type: 'limited', retryAfterSeconds })
    },
    forget() {
      belief.forget()
      list.forget()
    },
  }
}

function createHoldBack(forMs: number) {
  let held = 0
  return async function holdBack(found: KeyFound): Promise<KeyFound> {
    if (held >= maxHeldBack || forMs === 0) return found
    held += 1
    await new Promise<void>((resolve) => void setTimeout(resolve, forMs).unref())
    held -= 1
    return found
  }
}

/** What those whose key is unknown may still ask, one by one and all together. */
function createStrangers({ perPeer, lookups }: KeyPace, clock: Clock) {
  const peers = new Map<string, Bucket>()
  const all = fullBucket(lookups, clock())

  function bucketOf(peer: string, nowMs: number): Bucket {
    const bucket = refill(peers.get(peer) ?? fullBucket(perPeer, nowMs), perPeer, nowMs)
    putLast(peers, peer, bucket, maxPeers)
    return bucket
  }

  return {
    /** Seconds to wait; undefined: go on. */
    admit(peer: string, withLookup: boolean): number | undefined {
      const nowMs = clock()
      const own = bucketOf(peer, nowMs)
      if (own.tokens < 1) return secondsUntilNext(own, perPeer)
      if (withLookup) {
        refill(all, lookups, nowMs)
        if (all.tokens < 1) return secondsUntilNext(all, lookups)
        all.tokens -= 1
      }
      own.tokens -= 1
      return undefined
    },
    /** It was no stranger. */
    giveBack(peer: string, withLookup: boolean): void {
      const own = peers.get(peer)
      if (own !== undefined) own.tokens = Math.min(perPeer.burst, own.tokens + 1)
      if (withLookup) all.tokens = Math.min(lookups.burst, all.tokens + 1)
    },
  }
}

/** The keys that open something, for while strangers are too many: who holds one of them is let through all the same. */
function createKeyList(hashes: KeyLookupParts['hashes'], clock: Clock, listMs: number) {
  let listed: Believed<ReadonlySet<string>> | undefined
  let reading: Promise<void> | undefined

  async function read(): Promise<void> {
    const value = new Set(await hashes(maxListed))
    listed = { value, untilMs: clock() + listMs }
  }

  return {
    async has(hash: string): Promise<boolean> {
      if (listed === undefined || !holds(listed, clock(), listMs)) {
        reading ??= read().finally(() => {
          reading = undefined
        })
        await reading
      }
      return listed?.value.has(hash) === true
    },
    forget(): void {
      listed = undefined
    },
  }
}

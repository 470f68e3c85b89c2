/** Puts an entry last, and lets the one go that was put longest ago where there are more than `most`. */
export function putLast<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= most) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}

export interface Rate {
  /** So many at once. */
  readonly burst: number
  readonly perSecond: number
}

/** What is left of a rate: so many tokens at that time. */
export interface Bucket {
  tokens: number
  atMs: number
}

export const fullBucket = ({ burst }: Rate, nowMs: number): Bucket => ({ tokens: burst, atMs: nowMs })

/** Fills up by the time that has passed. A clock that went back fills nothing, and counts from where it is. */
export function refill(bucket: Bucket, { burst, perSecond }: Rate, nowMs: number): Bucket {
  const passedMs = Math.max(0, nowMs - bucket.atMs)
  bucket.tokens = Math.min(burst, bucket.tokens + (passedMs / 1_000) * perSecond)
  bucket.atMs = nowMs
  return bucket
}

/** Whole seconds until there is a token again, at least one. */
export const secondsUntilNext = ({ tokens }: Bucket, { perSecond }: Rate): number =>
  Math.max(1, Math.ceil((1 - tokens) / perSecond))

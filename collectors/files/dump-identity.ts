import { createHash } from 'node:crypto'
import { isNilId } from '#contracts/ids.ts'
import { parseSafely } from '#contracts/parse.ts'
import { id, name } from '#contracts/signals/common.ts'
import { beginningOf } from '#contracts/well-formed.ts'
import { isStat } from '../getstats/rtc-stats.ts'

/**
 * Who a dump is about.
 *
 * A Jitsi dump is one participant's view of one meeting. All participants' dumps carry the meeting's `meetingUniqueId`,
 * so that is the correlation id: dumps of one meeting, imported in any order or one alone, are one call, and each dump is
 * one leg. (Joining them by a link instead would stop at 64 participants, docs/architecture.md, promise 5.) The id is also sent as
 * `conf_session_id`, so that the platform's own conference events join. A room's name (`confName`) is used again for other
 * meetings and never joins anything. Without a meeting id a dump is a call of its own.
 */
export interface DumpIdentity {
  /** Made of the dump's own content: the same dump gives the same key, whatever the file is called. */
  readonly key: string
  readonly correlationId: string
  readonly confSessionId: string | undefined
  readonly legId: string
  /** Pseudonym of the device, where the dump has one. Display names and user ids are never taken. */
  readonly accountId: string | undefined
  readonly region: string | undefined
  readonly mediaNode: string | undefined
}

/** Collects identity lines, which come anywhere in a dump, and the dump's first own line. */
export function createIdentityCollector(): { add(text: string): void; identity(): DumpIdentity } {
  const facts = new Map<string, unknown>()
  let first: string | undefined

  return {
    add(text) {
      if (/^\[\s*"connectionInfo"/.test(text)) return
      if (/^\[\s*"identity"/.test(text)) return learn(text)
      first ??= text.slice(0, 2_000)
    },
    identity: () => toIdentity(facts, first ?? ''),
  }

  function learn(text: string): void {
    try {
      const line: unknown = JSON.parse(text)
      const value: unknown = Array.isArray(line) ? line[2] : undefined
      for (const [key, fact] of isStat(value) ? Object.entries(value) : []) facts.set(key, fact)
    } catch {
      // A cut or broken identity line: refused with its number when the dump itself is read.
    }
  }
}

const identifying = ['meetingUniqueId', 'confID', 'endpointId', 'sessionId', 'deviceId']

function toIdentity(facts: ReadonlyMap<string, unknown>, first: string): DumpIdentity {
  const key = hash(JSON.stringify([...identifying.map((fact) => facts.get(fact) ?? null), first]))
  const meeting = idOf(facts.get('meetingUniqueId'))
  const endpoint = idOf(facts.get('endpointId'))
  const device = idOf(facts.get('deviceId'))
  const deployment = facts.get('deploymentInfo')
  const place = isStat(deployment) ? deployment : {}
  return {
    key,
    correlationId: meeting ?? `rtcstats-${key}`,
    confSessionId: meeting,
    // The endpoint's own id has 32 random bits: by itself it might one day join two meetings.
    legId: endpoint === undefined ? `dump-${key}` : `${beginningOf(endpoint, 100)}.${key}`,
    accountId: device === undefined ? undefined : `device-${hash(device)}`,
    region: nameOf(place.userRegion) ?? nameOf(place.region),
    mediaNode: nameOf(place.shard),
  }
}

export const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

function idOf(value: unknown): string | undefined {
  const parsed = parseSafely(id, value)
  return parsed.success && parsed.data.isWellFormed() && !isNilId(parsed.data) ? parsed.data : undefined
}

function nameOf(value: unknown): string | undefined {
  const parsed = parseSafely(name, value)
  return parsed.success && parsed.data.isWellFormed() ? parsed.data : undefined
}

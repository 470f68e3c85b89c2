import type { CallEventRow, CallRecord } from '#contracts/call-record.ts'
import { intervalMask } from '#contracts/interval-mask.ts'
import type { LinkCut } from '#contracts/registry.ts'
import { type CallRow, type MemberKey, memberText, type Place } from '#contracts/summaries.ts'
import { defaultPatience } from '#pipelines/summaries/fold.ts'
import type { RecomputeParts } from '#pipelines/summaries/recompute.ts'
import { aDigest } from '#quality/calls-for-tests.ts'
import { defaultProfile } from '#quality/profile.ts'

const minuteMs = 60_000

/** Everything a recompute reads and writes, in memory: as the warehouse keeps it, in a hundredth of the time. */
export interface ModelStores {
  readonly parts: RecomputeParts
  addEvent(id: string, type: string, atMs: number): void
  /** One packet of a stream, in an epoch minute. */
  addPacket(id: string, minute: number): void
  link(id: string, other: string): void
  cut(a: string, b: string): void
  /** Records that stand, without those deleted. */
  live(): readonly CallRecord[]
}

export const modelTenant = 'acme'

export function createModelStores(): ModelStores {
  const events: CallEventRow[] = []
  const packets = new Map<string, Map<number, number>>()
  const minutes = new Map<string, Map<number, { readonly version: number; readonly packets: number }>>()
  const edges = new Map<string, Set<string>>()
  const cuts: LinkCut[] = []
  const places: Place[] = []
  const calls = new Map<string, { readonly version: number; readonly record: CallRecord | undefined }>()
  let version = 0

  function replace(at: number, id: string, row: { readonly version: number; readonly record: CallRecord | undefined }) {
    const key = `${id} ${at}`
    // As ReplacingMergeTree: the greatest version stays, of equal ones the later.
    if (row.version >= (calls.get(key)?.version ?? 0)) calls.set(key, row)
  }

  const memberInputs = ({ tenant, id }: MemberKey) => {
    const made = [...(minutes.get(id) ?? [])]
    const counted = made.reduce((sum, [, { packets }]) => sum + packets, 0)
    const runs = made.map(([minute]) => [minute * minuteMs, minute * minuteMs + 20_000, intervalMask.media] as const)
    return {
      ...{ tenant, id, cdrs: [], rawUntilMs: undefined },
      events: events.filter(({ correlationId }) => correlationId === id).map((row) => ({ row, checksum: '1' })),
      streams: made.length === 0 ? [] : [aDigest({ correlationId: id, legId: id, packetsReceived: counted, runs })],
    }
  }

  const parts: RecomputeParts = {
    versions: {
      next: async () => ++version,
      async raiseAbove(stored) {
        version = Math.max(version, stored)
      },
    },
    watermarks: {
      read: async () => [{ tenant: '*', source: 'call-events/0', watermarkMs: Date.UTC(2030, 0), atEnd: true }],
    },
    cuts: { naming: async (_tenant, ids) => cuts.filter(({ a, b }) => ids.includes(a) || ids.includes(b)) },
    links: {
      edges: async (nodes) =>
        nodes.flatMap(({ tenant, node }) => [...(edges.get(node) ?? [])].map((other) => ({ tenant, node, other }))),
    },
    minutes: {
      async recompute(dirty, context) {
        for (const { id, minutes: named } of dirty) {
          const ofId = minutes.get(id) ?? new Map()
          minutes.set(id, ofId)
          for (const minute of named) {
            const row = { version: context.version, packets: packets.get(id)?.get(minute) ?? 0 }
            if (row.version >= (ofId.get(minute)?.version ?? 0)) ofId.set(minute, row)
          }
        }
      },
    },
    inputs: {
      members: async (members) => members.map(memberInputs),
      evidence: async () => [],
      frozen: async () => [],
    },
    writer: {
      appendPlaces: async (added) => void places.push(...added),
      async places(members) {
        const asked = new Set(members.map(memberText))
        const greatest = new Map<string, Place>()
        for (const place of places) {
          if (!asked.has(memberText(place))) continue
          const key = `${memberText(place)} ${place.canonical} ${place.atMs}`
          if (place.version >= (greatest.get(key)?.version ?? 0)) greatest.set(key, place)
        }
        return [...greatest.values()]
      },
      async write(rows: readonly CallRow[], tombstones) {
        for (const { record, version } of rows) replace(record.startedMs, record.id, { version, record })
        for (const { canonical, atMs, version } of tombstones) replace(atMs, canonical, { version, record: undefined })
      },
    },
    profileOf: () => defaultProfile,
    patience: defaultPatience,
  }

  const join = (node: string, other: string) => edges.set(node, (edges.get(node) ?? new Set()).add(other))
  return {
    parts,
    addEvent: (correlationId, type, atMs) =>
      events.push({ correlationId, source: '/call-control', id: `${type}-${atMs}`, atMs, type, data: {} }),
    addPacket(id, minute) {
      const ofId = packets.get(id) ?? new Map<number, number>()
      packets.set(id, ofId.set(minute, (ofId.get(minute) ?? 0) + 1))
    },
    link(id, other) {
      join(`id:${id}`, `id:${other}`)
      join(`id:${other}`, `id:${id}`)
    },
    cut: (a, b) => cuts.push({ tenant: modelTenant, a, b, action: 'cut', sequence: cuts.length + 1 }),
    live: () => [...calls.values()].flatMap(({ record }) => record ?? []),
  }
}

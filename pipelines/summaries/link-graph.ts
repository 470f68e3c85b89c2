import { type LinkKind, linkKinds } from '#contracts/ids.ts'
import type { LinkReader } from '#contracts/summaries.ts'
import type { ComponentLimits } from './components.ts'

/** One link that a correlation id carries. */
export interface CarriedLink {
  readonly kind: LinkKind
  readonly value: string
  /** Names more ids than a link may: joins nobody. */
  readonly hub: boolean
}

/** The part of the link graph around some nodes, in memory. */
export interface LinkGraph {
  /** Correlation ids that a node stands for: itself, or those that a link names (none for a hub). */
  idsOf(tenant: string, node: string): readonly string[]
  /** Correlation ids joined to this one by a link of one of these kinds (all kinds when left out). */
  peersOf(tenant: string, id: string, kinds?: readonly LinkKind[]): readonly string[]
  linksOf(tenant: string, id: string): readonly CarriedLink[]
  /** Some of the correlation ids that a hub names, of which it joins none. */
  namedByHub(tenant: string, kind: LinkKind, value: string): readonly string[]
  idsByTenant(): ReadonlyMap<string, readonly string[]>
  /** False: so much was linked that the walk was given up before its end. */
  readonly complete: boolean
}

/** A correlation id carries few links, but a conference's many; beyond this the rest is not followed. */
const linksPerId = 2_000

/** Of what a hub names this much is read, in limits: who was joined when it named fewer is looked for among them. */
const limitsOfHub = 4

/** Ids and links that one walk may meet for each id asked for, and on top of that. Beyond, the walk is given up. */
const nodesPerSeed = 40
const nodesBesides = 32_000

interface Node {
  readonly tenant: string
  readonly node: string
}

const keyOf = ({ tenant, node }: Node): string => `${tenant}\u0000${node}`
const isId = (node: string): boolean => node.startsWith('id:')
const kindOf = (node: string): LinkKind =>
  isId(node) ? 'linked_correlation_id' : (node.slice(0, node.indexOf(':')) as LinkKind)
const valueIn = (node: string): string => node.slice(node.indexOf(':') + 1)

/**
 * Walks outwards from the nodes, ring by ring, until nothing new turns up or more has than calls are made of. Two queries
 * a ring, however many calls are asked for at once.
 */
export async function exploreLinks(
  from: readonly Node[],
  reader: LinkReader,
  limits: ComponentLimits,
  kinds: readonly LinkKind[] = linkKinds,
): Promise<LinkGraph> {
  const edges = new Map<string, string[]>()
  const seen = new Map(from.map((node) => [keyOf(node), node]))
  const budget = from.length * nodesPerSeed + nodesBesides
  let ring: readonly Node[] = from
  while (ring.length > 0 && seen.size <= budget) {
    const found = await readRing(ring, reader, limits)
    const next: Node[] = []
    for (const { tenant, node, other } of found) {
      const key = keyOf({ tenant, node })
      const others = edges.get(key)
      if (others === undefined) edges.set(key, [other])
      else others.push(other)
    }
    for (const node of ring) {
      const others = edges.get(keyOf(node)) ?? []
      if (!isId(node.node) && others.length > limits.idsPerLink) continue
      for (const other of others) {
        const reached = { tenant: node.tenant, node: other }
        if (seen.has(keyOf(reached)) || !kinds.includes(kindOf(other))) continue
        seen.set(keyOf(reached), reached)
        next.push(reached)
      }
    }
    ring = next
  }
  return graphOf(edges, seen, limits, ring.length === 0)
}

async function readRing(ring: readonly Node[], reader: LinkReader, { idsPerLink }: ComponentLimits) {
  const ids = ring.filter(({ node }) => isId(node))
  const links = ring.filter(({ node }) => !isId(node))
  return [...(await reader.edges(ids, linksPerId)), ...(await reader.edges(links, limitsOfHub * idsPerLink))]
}

function graphOf(
  edges: ReadonlyMap<string, readonly string[]>,
  seen: ReadonlyMap<string, Node>,
  { idsPerLink }: ComponentLimits,
  complete: boolean,
): LinkGraph {
  const othersOf = (tenant: string, node: string): readonly string[] => edges.get(keyOf({ tenant, node })) ?? []
  const namedById = (tenant: string, id: string): readonly string[] =>
    othersOf(tenant, `id:${id}`).filter(isId).map(valueIn)
  const directOf = (tenant: string, id: string): readonly string[] => {
    const direct = namedById(tenant, id)
    return direct.length > idsPerLink ? [] : direct
  }
  /** Correlation ids, this one among them, that are named as another's by too many. */
  const directHubs = (tenant: string, id: string): readonly CarriedLink[] =>
    [id, ...namedById(tenant, id)]
      .filter((hub) => namedById(tenant, hub).length > idsPerLink)
      .map((value) => ({ kind: 'linked_correlation_id', value, hub: true }))
  const isHub = (tenant: string, link: string): boolean => othersOf(tenant, link).length > idsPerLink
  const namedBy = (tenant: string, link: string): readonly string[] =>
    isHub(tenant, link) ? [] : othersOf(tenant, link).map(valueIn)
  const linksOf = (tenant: string, id: string) => othersOf(tenant, `id:${id}`).filter((other) => !isId(other))

  return {
    complete,
    idsOf: (tenant, node) => (isId(node) ? [valueIn(node)] : namedBy(tenant, node)),
    peersOf(tenant, id, kinds = linkKinds) {
      const direct = kinds.includes('linked_correlation_id')
        ? directOf(tenant, id).filter((peer) => directOf(tenant, peer).includes(id))
        : []
      const shared = linksOf(tenant, id).filter((link) => kinds.includes(kindOf(link)))
      return [...direct, ...shared.flatMap((link) => namedBy(tenant, link))].filter((peer) => peer !== id)
    },
    linksOf: (tenant, id) => [
      ...linksOf(tenant, id).map((link) => ({ kind: kindOf(link), value: valueIn(link), hub: isHub(tenant, link) })),
      ...directHubs(tenant, id),
    ],
    namedByHub: (tenant, kind, value) =>
      kind === 'linked_correlation_id'
        ? [value, ...namedById(tenant, value)]
        : othersOf(tenant, `${kind}:${value}`).map(valueIn),
    idsByTenant() {
      const byTenant = new Map<string, string[]>()
      for (const { tenant, node } of seen.values()) {
        if (!isId(node)) continue
        const ids = byTenant.get(tenant)
        if (ids === undefined) byTenant.set(tenant, [valueIn(node)])
        else ids.push(valueIn(node))
      }
      return byTenant
    },
  }
}

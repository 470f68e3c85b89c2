import { explicitLinkKinds, type LinkKind } from '#contracts/ids.ts'
import type { LinkCutStore } from '#contracts/registry.ts'
import { type LinkReader, type MemberKey, memberText } from '#contracts/summaries.ts'
import { exploreLinks, type LinkGraph } from './link-graph.ts'

/** Correlation ids that name one call, and what joins them. */
export interface Component {
  readonly tenant: string
  /** Smallest of the members. */
  readonly canonical: string
  /** Sorted. */
  readonly members: readonly string[]
  /** Values of the links that the members carry, by kind, sorted. */
  readonly links: ReadonlyMap<LinkKind, readonly string[]>
  /** A link of a member names more ids than a link may: it joins nobody. */
  readonly hubIgnored: boolean
  /** The component outgrew its bound: only explicit links counted. */
  readonly tooLarge: boolean
  /** Ids that would be members if every link counted, at most 2,000: they may have been, when the links named fewer. */
  readonly estranged: readonly string[]
}

const maxEstranged = 2_000

export interface ComponentLimits {
  /** A link id that names more correlation ids than this links none of them. */
  readonly idsPerLink: number
  readonly idsPerComponent: number
}

export const defaultComponentLimits: ComponentLimits = { idsPerLink: 64, idsPerComponent: 1_000 }

export interface ResolveParts {
  readonly links: LinkReader
  readonly cuts: Pick<LinkCutStore, 'naming'>
  readonly limits?: ComponentLimits
}

/** The node of the link graph that an announced id stands for: a correlation id, or `trace:<hex>`. */
export const nodeOf = (id: string): string => (id.startsWith('trace:') ? `trace_id:${id.slice(6)}` : `id:${id}`)

/**
 * Components of the announced ids, by the id announced. A trace id may name several (after a cut) or none (nothing has
 * joined it to a call yet). Learnt links of a pair that was cut by hand do not count for that pair.
 */
export async function resolveComponents(
  seeds: readonly MemberKey[],
  parts: ResolveParts,
): Promise<ReadonlyMap<string, readonly Component[]>> {
  const { links, cuts, limits = defaultComponentLimits } = parts
  const nodes = seeds.map(({ tenant, id }) => ({ tenant, node: nodeOf(id) }))
  const graph = await exploreLinks(nodes, links, limits)
  if (!graph.complete && seeds.length > 1) {
    const middle = seeds.length >> 1
    const halves = [
      await resolveComponents(seeds.slice(0, middle), parts),
      await resolveComponents(seeds.slice(middle), parts),
    ]
    return new Map(halves.flatMap((half) => [...half]))
  }
  const severed = await cutPairs(graph, cuts)
  const found = new Map<string, readonly Component[]>()
  const narrow: MemberKey[] = []
  for (const seed of seeds) {
    const components = graph
      .idsOf(seed.tenant, nodeOf(seed.id))
      .map((id) => componentOf(graph, seed.tenant, id, severed, limits))
    if (!graph.complete || components.some((component) => component === undefined)) narrow.push(seed)
    else found.set(memberText(seed), distinct(components as readonly Component[]))
  }
  for (const seed of narrow)
    found.set(memberText(seed), [await narrowComponent(seed, { graph, links, severed, limits })])
  return found
}

const distinct = (components: readonly Component[]): readonly Component[] => [
  ...new Map(components.map((component) => [component.canonical, component])).values(),
]

/** Pairs whose latest word by hand is `cut`, as text in both orders. */
async function cutPairs(graph: LinkGraph, cuts: Pick<LinkCutStore, 'naming'>): Promise<ReadonlySet<string>> {
  const latest = new Map<string, { readonly sequence: number; readonly cut: boolean }>()
  for (const [tenant, ids] of graph.idsByTenant()) {
    for (const { a, b, action, sequence } of await cuts.naming(tenant, ids)) {
      const pair = pairText(tenant, a, b)
      if (sequence > (latest.get(pair)?.sequence ?? -1)) latest.set(pair, { sequence, cut: action === 'cut' })
    }
  }
  return new Set([...latest].filter(([, { cut }]) => cut).map(([pair]) => pair))
}

const pairText = (tenant: string, a: string, b: string): string =>
  a < b ? `${tenant}\u0000${a}\u0000${b}` : `${tenant}\u0000${b}\u0000${a}`

/** Everything that reaches `id` over links that count; undefined when it outgrows its bound. */
function componentOf(
  graph: LinkGraph,
  tenant: string,
  id: string,
  severed: ReadonlySet<string>,
  { idsPerComponent }: ComponentLimits,
  kinds?: readonly LinkKind[],
): Component | undefined {
  const members = new Set([id])
  for (const member of members) {
    for (const peer of graph.peersOf(tenant, member, kinds)) {
      if (!severed.has(pairText(tenant, member, peer))) members.add(peer)
    }
    if (members.size > idsPerComponent) return undefined
  }
  return describe(graph, tenant, [...members].sort(), kinds !== undefined)
}

interface Crowd {
  readonly graph: LinkGraph
  readonly links: LinkReader
  readonly severed: ReadonlySet<string>
  readonly limits: ComponentLimits
}

/** The component of an id in a crowd: explicit conference and leg links only; the id alone if even those are too many. */
async function narrowComponent(
  { tenant, id }: MemberKey,
  { graph: crowd, links, severed, limits }: Crowd,
): Promise<Component> {
  const graph = await exploreLinks([{ tenant, node: nodeOf(id) }], links, limits, explicitLinkKinds)
  const component =
    componentOf(graph, tenant, id, severed, limits, explicitLinkKinds) ?? describe(graph, tenant, [id], true)
  const members = new Set(component.members)
  const others = (crowd.idsByTenant().get(tenant) ?? []).filter((other) => !members.has(other))
  return { ...component, estranged: others.slice(0, maxEstranged) }
}

function describe(graph: LinkGraph, tenant: string, members: readonly string[], tooLarge: boolean): Component {
  const links = new Map<LinkKind, Set<string>>()
  const estranged = new Set<string>()
  let hubIgnored = false
  for (const member of members) {
    for (const { kind, value, hub } of graph.linksOf(tenant, member)) {
      if (!hub) links.set(kind, (links.get(kind) ?? new Set()).add(value))
      else {
        hubIgnored = true
        for (const other of graph.namedByHub(tenant, kind, value)) estranged.add(other)
      }
    }
  }
  for (const member of members) estranged.delete(member)
  const [canonical] = members
  if (canonical === undefined) throw new Error('a component has at least one member')
  const sorted = new Map([...links].map(([kind, values]) => [kind, [...values].sort()] as const))
  const bounded = [...estranged].slice(0, maxEstranged)
  return { tenant, canonical, members, links: sorted, hubIgnored, tooLarge, estranged: bounded }
}

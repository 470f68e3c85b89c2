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
  const componentAt = createComponents({ graph, severed, limits })
  for (const seed of seeds) {
    const components = graph.complete
      ? graph.idsOf(seed.tenant, nodeOf(seed.id)).map((id) => componentAt(seed.tenant, id))
      : [undefined]
    if (components.some((component) => component === undefined)) narrow.push(seed)
    else found.set(memberText(seed), distinct(components as readonly Component[]))
  }
  const narrowed = await narrowComponents(narrow, { graph, links, severed, limits })
  for (const [key, component] of narrowed) found.set(key, [component])
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

interface Walk {
  readonly graph: LinkGraph
  readonly severed: ReadonlySet<string>
  readonly limits: ComponentLimits
  /** Links of these kinds alone; all without it. */
  readonly kinds?: readonly LinkKind[]
}

/**
 * Everything that reaches an id over links that count; undefined when it outgrows its bound. What one id reaches, all that it
 * reaches do: each component is walked once, however many of its ids are asked for. Hundreds of ids that share their links
 * would otherwise keep the whole process from everything else for minutes.
 */
function createComponents({ graph, severed, limits: { idsPerComponent }, kinds }: Walk) {
  const known = new Map<string, Component | undefined>()

  function walk(tenant: string, id: string): ReadonlySet<string> {
    const members = new Set([id])
    for (const member of members) {
      for (const peer of graph.peersOf(tenant, member, kinds)) {
        if (!members.has(peer) && !severed.has(pairText(tenant, member, peer))) members.add(peer)
      }
      if (members.size > idsPerComponent) return members
    }
    return members
  }

  return function componentAt(tenant: string, id: string): Component | undefined {
    const key = memberText({ tenant, id })
    if (known.has(key)) return known.get(key)
    const members = walk(tenant, id)
    const outgrown = members.size > idsPerComponent
    const component = outgrown ? undefined : describe(graph, tenant, [...members].sort(), kinds !== undefined)
    for (const member of members) known.set(memberText({ tenant, id: member }), component)
    return component
  }
}

interface Crowd extends Walk {
  readonly links: LinkReader
}

/**
 * The components of ids in a crowd: explicit conference and leg links only; an id alone if even those are too many. One walk
 * for all of them, and one for each only where there is too much for one.
 */
async function narrowComponents(
  seeds: readonly MemberKey[],
  { graph: crowd, links, severed, limits }: Crowd,
): Promise<ReadonlyMap<string, Component>> {
  const found = new Map<string, Component>()
  if (seeds.length === 0) return found
  const idsOfCrowd = crowd.idsByTenant()
  const explore = (some: readonly MemberKey[]) =>
    exploreLinks(
      some.map(({ tenant, id }) => ({ tenant, node: nodeOf(id) })),
      links,
      limits,
      explicitLinkKinds,
    )
  const walkOver = (graph: LinkGraph) => ({
    graph,
    at: createComponents({ graph, severed, limits, kinds: explicitLinkKinds }),
  })
  const all = walkOver(await explore(seeds))
  for (const seed of seeds) {
    const { tenant, id } = seed
    const { graph, at } = all.graph.complete ? all : walkOver(await explore([seed]))
    const component = at(tenant, id) ?? describe(graph, tenant, [id], true)
    found.set(memberText(seed), { ...component, estranged: othersIn(idsOfCrowd.get(tenant) ?? [], component.members) })
  }
  return found
}

/** The first of these ids that are no members. */
function othersIn(ids: readonly string[], members: readonly string[]): readonly string[] {
  const own = new Set(members)
  const others: string[] = []
  for (const id of ids) {
    if (others.length === maxEstranged) break
    if (!own.has(id)) others.push(id)
  }
  return others
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

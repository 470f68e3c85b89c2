import type { LinkEdge, LinkReader } from '#contracts/summaries.ts'

// The link graph in memory, for the tests of this folder.

export const tenant = 'acme'

/** The link graph of some ids: `[id, link]` pairs, a link being `kind:value` or `id:other`. Counts its queries. */
export function aGraph(pairs: readonly (readonly [id: string, link: string])[]) {
  const edges = new Map<string, Set<string>>()
  const add = (node: string, other: string) => edges.set(node, (edges.get(node) ?? new Set()).add(other))
  for (const [id, link] of pairs) {
    add(`id:${id}`, link)
    add(link, `id:${id}`)
  }
  let queries = 0
  const reader: LinkReader = {
    async edges(nodes, limit) {
      queries += 1
      return nodes.flatMap((at): LinkEdge[] =>
        at.tenant === tenant
          ? [...(edges.get(at.node) ?? [])]
              .sort()
              .slice(0, limit)
              .map((other) => ({ ...at, other }))
          : [],
      )
    },
  }
  return { reader, queries: () => queries }
}

import type { LinkDecision, LinkDesk, LinkedCall } from '#collectors/http/ports.ts'
import { recordOnly } from '#contracts/changes.ts'
import type { EventLog } from '#contracts/event-log.ts'
import type { LinkCut, Registry } from '#contracts/registry.ts'
import type { MemberKey } from '#contracts/summaries.ts'
import { announcements } from '#pipelines/announce.ts'
import type { Component } from '#pipelines/summaries/components.ts'
import { DeskRefused, refuseUnknownTenant } from './refused.ts'

export interface LinkDeskParts {
  readonly registry: Pick<Registry, 'cuts' | 'tenants'>
  readonly log: Pick<EventLog, 'append'>
  /** Calls that these ids name now. */
  readonly componentsOf: (members: readonly MemberKey[]) => Promise<readonly Component[]>
}

/** What joins ids to calls, and the word by hand that decides over it. */
export function createLinkDesk({ registry, log, componentsOf }: LinkDeskParts): LinkDesk {
  async function callsOf(tenant: string, ids: readonly string[]): Promise<readonly LinkedCall[]> {
    const components = await componentsOf(ids.map((id) => ({ tenant, id })))
    const distinct = new Map(components.map((component) => [component.canonical, component]))
    return [...distinct.values()].map(({ canonical, members, links }) => ({
      ...{ id: canonical, members },
      links: Object.fromEntries([...links].sort(([a], [b]) => (a < b ? -1 : 1))),
    }))
  }

  /**
   * A join takes a cut back, and there is nothing else it could do. Told again it announces again: the process may have
   * ended before it did.
   */
  async function refuseNeedless({ tenant, a, b, action }: LinkDecision): Promise<void> {
    if (a === b) throw new DeskRefused('b: must be another id than a')
    if (action === 'cut') return
    const wasCut = (await registry.cuts.naming(tenant, [a])).some((cut) => isOf(cut, a, b) && cut.action === 'cut')
    if (!wasCut)
      throw new DeskRefused('a, b: these ids are not cut by hand: "join" takes a cut back, and links nothing else')
  }

  return {
    async show(tenant, id) {
      await refuseUnknownTenant(registry, tenant)
      const calls = await callsOf(tenant, [id])
      const ids = [...new Set([id, ...calls.flatMap(({ members }) => members)])]
      return { calls, cuts: await registry.cuts.naming(tenant, ids) }
    },
    async decide(decision) {
      const { tenant, a, b, action } = decision
      await refuseUnknownTenant(registry, tenant)
      await refuseNeedless(decision)
      const before = await callsOf(tenant, [a, b])
      const { sequence } = await registry.cuts.add({ tenant, a, b, action, by: 'administrator' })
      const calls = await callsOf(tenant, [a, b])
      // All that were one call and all that are: a process that ends here has announced nothing, and the same told again does.
      const members = new Set([a, b, ...[...before, ...calls].flatMap((call) => call.members)])
      await log.append(announcements([...members].map((id) => recordOnly({ tenant, id }))))
      return { sequence, wereOne: before.length === 1, announced: members.size, calls }
    },
  }
}

const isOf = (cut: LinkCut, a: string, b: string): boolean =>
  (cut.a === a && cut.b === b) || (cut.a === b && cut.b === a)

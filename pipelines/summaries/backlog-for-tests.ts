import type { Change } from '#contracts/changes.ts'
import { createBacklog } from './backlog.ts'

export const aChange = (id: string, over: Partial<Change> = {}): Change => ({
  ...{ tenant: 'acme', id, minutes: [], rescore: false, cumulative: false, urgency: 'running', worst: 0 },
  ...over,
})
export const now = (id: string) => aChange(id, { urgency: 'now' })
export const idsOf = (taken: readonly { readonly change: Change }[]) => taken.map(({ change }) => change.id)
export const aBacklog = (rank: 0 | 1 | 2 | undefined = undefined, worseAfterMs = 2_000) =>
  createBacklog({ runningDelayMs: 15_000, standing: () => (rank === undefined ? undefined : { rank, worseAfterMs }) })

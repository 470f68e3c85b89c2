import { askEarly } from '../api.ts'
import type { Place } from '../router.ts'

/** Where the page begins with one call, its answers are on their way while the page of a call is still being fetched. */
export function askForCall({ path, query }: Place): void {
  const [, id] = /^\/calls\/([^/]+)$/.exec(path) ?? []
  if (id === undefined) return
  const tenant = new URLSearchParams(query).get('tenant') ?? undefined
  askEarly(`/api/calls/${id}`, { tenant })
  askEarly(`/api/calls/${id}/samples`, { tenant })
}

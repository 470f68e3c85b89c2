import { askEarly } from '../api.ts'
import { type Place, routeOf } from '../router.ts'

/** Where the page begins with one call, its answers are on their way while the page of a call is still being fetched. */
export function askForCall(place: Place): void {
  const route = routeOf(place)
  if (route.type !== 'call') return
  const { id, tenant } = route
  askEarly('/api/call', { id, tenant })
  askEarly('/api/call/samples', { id, tenant })
}

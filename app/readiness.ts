import type { Readiness } from '#collectors/http/ports.ts'
import type { TrustedClock } from './clock/trusted-clock.ts'
import type { Engine } from './engine.ts'

/**
 * Each part is asked something small; one that does not answer makes the process not ready, and so does a store that
 * answers and takes no writes: who sends should go elsewhere, or wait. So do records of calls that stand still, and a clock
 * that is not believed: everything goes on then, but only people can set it right.
 */
export async function readinessOf({
  watch,
  registry,
  reader,
  writes,
  records,
  present,
}: Pick<Engine, 'watch' | 'registry' | 'reader' | 'writes' | 'records' | 'present'>): Promise<Readiness> {
  const saysOk = async (ask: () => Promise<unknown>): Promise<string> => {
    try {
      await ask()
      return 'ok'
    } catch {
      return 'does not answer'
    }
  }
  const [log, store, warehouse] = await Promise.all([
    watch.health(),
    saysOk(() => registry.tenants.tenants()),
    saysOk(() => reader.list({ limit: 1 })),
  ])
  const failing = await writes.failing()
  const said = Object.entries({ log, registry: store, warehouse })
  const stores = said.map(([name, text]) => [name, text === 'ok' ? (failing[name] ?? 'ok') : text])
  const own = [
    ['records', records.state()],
    ['clock', clockHealth(present, watch)],
  ]
  const checks = Object.fromEntries([...stores, ...own])
  const notes = watch.notes?.() ?? []
  const ready = Object.values(checks).every((text) => text === 'ok')
  return { ready, checks, ...(notes.length === 0 ? {} : { notes }) }
}

function clockHealth(present: TrustedClock, { aheadMs }: Pick<Engine['watch'], 'aheadMs'>): string {
  const seconds = Math.round((aheadMs?.() ?? 0) / 1_000)
  if (seconds === 0) return present.health()
  return `a Kafka broker stamps messages ${seconds} s ahead of the time that has passed, which goes on as before: set the clocks of the brokers right (NTP; "callscope doctor" shows each)`
}

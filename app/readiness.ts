import type { Readiness } from '#collectors/http/ports.ts'
import type { Engine } from './engine.ts'

/**
 * Each part is asked something small; one that does not answer makes the process not ready, and so does a store that
 * answers and takes no writes: who sends should go elsewhere, or wait. So do records of calls that stand still.
 */
export async function readinessOf({
  watch,
  registry,
  reader,
  writes,
  records,
}: Pick<Engine, 'watch' | 'registry' | 'reader' | 'writes' | 'records'>): Promise<Readiness> {
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
  const checks = Object.fromEntries([...stores, ['records', records.state()]])
  const notes = watch.notes?.() ?? []
  const ready = Object.values(checks).every((text) => text === 'ok')
  return { ready, checks, ...(notes.length === 0 ? {} : { notes }) }
}

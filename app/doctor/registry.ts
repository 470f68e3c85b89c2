import { shownUrl } from '#contracts/secret.ts'
import type { Config } from '../config.ts'
import { openRegistry } from '../stores/open-registry.ts'
import { asked, type Check, unwell, well } from './check.ts'

const what = 'PostgreSQL'

/** Reaches the server, brings its tables up to date as every start does, and looks at tenants and keys. */
export async function checkRegistry(config: Config, now: () => number): Promise<readonly Check[]> {
  const url = shownUrl(config.postgres.url ?? '')
  const fix = `is ${url} right (postgres.url), is the password right, may its user make tables and roles?`
  return asked(what, fix, async () => {
    const registry = await openRegistry({ config, folder: undefined, clock: now })
    try {
      const tenants = await registry.tenants.tenants()
      const keys = await registry.tenants.keys()
      return [
        well(what, `answers at ${url}, tables up to date`),
        tenants.length > 0
          ? well('tenants', `${tenants.length} registered`)
          : unwell('tenants', 'none: messages that name a tenant are refused; add them to the setting tenants'),
        keys.length > 0 || config.allowRemoteWithoutKeys
          ? well('API keys', `${keys.length}`)
          : unwell('API keys', 'none: others cannot send or read; make one with "callscope keys create"'),
      ]
    } finally {
      await registry.close()
    }
  })
}

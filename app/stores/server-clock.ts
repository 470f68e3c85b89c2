import type { Clock } from '#contracts/clock.ts'
import type { Config } from '../config.ts'
import type { Logger } from '../logger.ts'
import { openPostgres } from './open-registry.ts'

/** What two clocks that follow NTP, and the way of a question, may part by. */
const toleratedMs = 2_000

/**
 * The clock to begin with until the brokers have stamped something: this machine's, set right by the registry's server. A
 * worker that starts an hour ahead would otherwise take every open call for long ended.
 */
export async function clockByServer(config: Config, clock: Clock, logger: Logger): Promise<Clock> {
  if (config.postgres.url === undefined) return clock
  const database = await openPostgres(config)
  try {
    const sentMs = clock()
    const [row] = await database.query('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms')
    const skewMs = Math.round(Number(row?.ms) - (sentMs + clock()) / 2)
    if (Math.abs(skewMs) <= toleratedMs) return clock
    logger.warn(
      { skewMs },
      'the clock of this machine differs from the registry server’s, whose time is taken to begin with',
    )
    return () => clock() + skewMs
  } finally {
    await database.close()
  }
}

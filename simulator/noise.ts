import type { EpochMs } from '#contracts/call-record.ts'
import type { TelemetryEmission } from './emission.ts'
import { attributes, unixNano } from './otlp.ts'
import { hex, type Random } from './random.ts'
import { services, type TenantWorld, tenantWorlds } from './world.ts'

/** What services log and trace about themselves: belongs to no call, and must end in no call. */
export interface PlatformNoise {
  /** What was said since the last time, up to now. */
  until(nowMs: EpochMs): Iterable<TelemetryEmission>
}

const everyMs = 4_000
const bodies = [
  'health check passed',
  'configuration reloaded',
  'connection pool resized',
  'slow consumer, buffering',
] as const

export function platformNoise(
  startMs: EpochMs,
  random: Random,
  worlds: readonly TenantWorld[] = tenantWorlds,
): PlatformNoise {
  let nextMs = startMs
  let count = 0

  function* until(nowMs: EpochMs): Generator<TelemetryEmission> {
    // A jump of days (a call that began yesterday) must not bring days of noise.
    if (nowMs - nextMs > 100 * everyMs) nextMs = nowMs
    while (nextMs <= nowMs) {
      yield count % 3 === 2 ? span(nextMs) : log(nextMs)
      count++
      nextMs += random.int(everyMs / 2, everyMs)
    }
  }

  const place = () => {
    const tenant = random.pick(worlds)
    return { tenant, region: random.pick(tenant.regions), service: random.pick(Object.values(services)) }
  }

  function log(atMs: EpochMs): TelemetryEmission {
    const { tenant, region, service } = place()
    const body = random.pick(bodies)
    const slow = body.startsWith('slow')
    const record = {
      timeUnixNano: unixNano(atMs, count),
      observedTimeUnixNano: unixNano(atMs + 1, count),
      severityNumber: slow ? 13 : 9,
      severityText: slow ? 'WARN' : 'INFO',
      body: { stringValue: body },
      attributes: attributes({ tenant_id: tenant.id, 'log.sequence': count }),
    }
    return { kind: 'log', atMs, service, region, record }
  }

  function span(atMs: EpochMs): TelemetryEmission {
    const { tenant, region, service } = place()
    const record = {
      traceId: `5${hex(random, 31)}`,
      spanId: `6${hex(random, 15)}`,
      name: 'GET /internal/health',
      kind: 2,
      startTimeUnixNano: unixNano(atMs - random.int(1, 9), count),
      endTimeUnixNano: unixNano(atMs, count),
      attributes: attributes({ tenant_id: tenant.id }),
      status: {},
    }
    return { kind: 'span', atMs, service, region, record }
  }

  return { until }
}

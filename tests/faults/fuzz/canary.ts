import { setTimeout as sleep } from 'node:timers/promises'
import type { FuzzedInstall } from './install.ts'

let made = 0

/** A call of one tenant that nobody has spoilt: sent when it has ended, and good. Returns its id. */
async function sendCanary(install: FuzzedInstall, tenant: string): Promise<string> {
  const id = `canary-${tenant}-${process.pid}-${made++}`
  const nowMs = Date.now()
  const event = (type: string, agoMs: number, data: object) => ({
    ...{ specversion: '1.0', id: `${id}-${type}`, source: '/canary', type, correlationid: id },
    ...{ time: new Date(nowMs - agoMs).toISOString(), data },
  })
  const sample = { observer: 'sbc', direction: 'receive', interval_ms: 10_000, codec: 'PCMA' }
  const events = [
    event('call.started', 30_000, {}),
    event('call.answered', 25_000, {}),
    event('quality.sample', 10_000, { ...sample, packets_received: 500, packets_lost: 0 }),
    event('call.ended', 5_000, { sip_code: 200 }),
  ]
  const { status, text } = await install.request('/v1/events', {
    body: JSON.stringify(events),
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    tenant,
  })
  if (status !== 202) throw new Error(`a call that nothing is wrong with was refused: ${status} ${text}`)
  return id
}

/** Sends such a call and waits for its record. Returns the seconds from its answer until it is judged good. */
export async function judgedAfter(install: FuzzedInstall, tenant: string, withinSeconds: number): Promise<number> {
  const id = await sendCanary(install, tenant)
  const began = performance.now()
  for (;;) {
    const seconds = (performance.now() - began) / 1_000
    const { status, text } = await install.request(`/api/calls/${id}`, { tenant })
    const found = status === 200 ? (JSON.parse(text) as { record?: { verdict?: { class?: string } } }) : undefined
    if (found?.record?.verdict?.class === 'good') return Math.round(100 * seconds) / 100
    if (seconds > withinSeconds)
      throw new Error(
        `a call of ${tenant} was not judged within ${withinSeconds} s: ${found?.record?.verdict?.class ?? status}`,
      )
    await sleep(150)
  }
}

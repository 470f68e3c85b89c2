import type { Tenant } from '#contracts/registry.ts'

/** One codec as the simulated platform names it, with what the counters need. All use 20 ms packets: 50 a second. */
export interface CodecFacts {
  readonly name: string
  /** Bytes of one 20 ms payload. */
  readonly payloadBytes: number
  /** Samples per second that the receiver plays out. */
  readonly samplesPerSecond: number
}

export const packetsPerSecond = 50

const codec = (name: string, payloadBytes: number, samplesPerSecond: number): CodecFacts => ({
  name,
  payloadBytes,
  samplesPerSecond,
})

/** Codecs in use. `G726-16` is a poor codec by itself (G.113: Ie 50), and only planted on purpose. */
export const codecs = {
  pcmu: codec('PCMU', 160, 8_000),
  pcma: codec('PCMA', 160, 8_000),
  g729: codec('G729A', 20, 8_000),
  g722: codec('G722', 160, 16_000),
  // The mode is named, because the low modes are poor however clean the network is.
  amrWb: codec('AMR-WB/23.85', 61, 16_000),
  opus: codec('opus', 80, 48_000),
  g726: codec('G726-16', 40, 8_000),
} as const

export interface TenantWorld extends Tenant {
  readonly regions: readonly string[]
  readonly carriers: readonly string[]
  readonly queues: readonly string[]
}

/** Three customers with carriers partly in common, so that a bad carrier shows in more than one of them. */
export const tenantWorlds: readonly TenantWorld[] = [
  {
    id: 'acme',
    name: 'Acme Corporation',
    regions: ['eu-west', 'eu-central'],
    carriers: ['northtel', 'bluewave', 'meridian'],
    queues: ['support', 'sales'],
  },
  {
    id: 'globex',
    name: 'Globex',
    regions: ['us-east', 'eu-west'],
    carriers: ['northtel', 'skyline', 'transcom'],
    queues: ['helpdesk'],
  },
  {
    id: 'initech',
    name: 'Initech',
    regions: ['ap-south', 'us-east'],
    carriers: ['skyline', 'bluewave'],
    queues: ['claims', 'billing'],
  },
]

/** The tenants as the registry takes them. */
export const simulatedTenants: readonly Tenant[] = tenantWorlds.map(({ id, name }) => ({ id, name }))

/** Round trip to the region's media node on a quiet day, milliseconds. All far below the degraded limit of 300. */
export const regionRoundTripMs: Readonly<Record<string, number>> = {
  'eu-west': 24,
  'eu-central': 31,
  'us-east': 46,
  'ap-south': 68,
}

/** The platform's services, as they name themselves in logs and spans. */
export const services = {
  apiGateway: 'api-gateway',
  iam: 'iam',
  callControl: 'call-control',
  routingEngine: 'routing-engine',
  mediaRecording: 'media-recording-service',
  webSocket: 'websocket-layer',
  pdp: 'pdp',
} as const
export type ServiceName = (typeof services)[keyof typeof services]

export const gatewaysOf = (carrier: string): readonly string[] => [`gw-${carrier}-1`, `gw-${carrier}-2`]
export const routeOf = (carrier: string, region: string): string => `${carrier}-${region}`
export const mediaNodesOf = (region: string): readonly string[] => [`media-${region}-1`, `media-${region}-2`]

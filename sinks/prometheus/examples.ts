import { type QualitySample, qualitySample } from '#contracts/signals/quality-sample.ts'
import { createPrometheus, type PrometheusOptions } from './prometheus.ts'

// Examples for the tests of this folder.

export const exampleTraceId = '4bf92f3577b34da6a3ce929d0e0e4736'

/** A clean five-second interval of G.711 on call c-1, heard by the callee. */
export const aSample = (data: object = {}, over: object = {}): QualitySample =>
  qualitySample.parse({
    ...{ specversion: '1.0', id: 's-1', source: '/sbc', type: 'quality.sample', time: '2026-03-01T10:00:05Z' },
    correlationid: 'c-1',
    data: {
      ...{ observer: 'sbc', direction: 'receive', interval_ms: 5_000, codec: 'PCMA' },
      ...{ packets_received: 250, packets_lost: 0, jitter_ms: 4, round_trip_ms: 40 },
      ...data,
    },
    ...over,
  })

export const aPrometheus = (over: Partial<PrometheusOptions> = {}) =>
  createPrometheus({ version: '1.2.3', tenants: ['acme'], carriers: ['north', 'south'], regions: ['eu'], ...over })

export interface Line {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly exemplar: string | undefined
}

/** The samples of an exposition whose metric has this name. */
export function linesNamed(body: string, name: string): readonly Line[] {
  return body.split('\n').flatMap((line) => {
    const [, found, labels = '', value, exemplar] = /^([a-z_]+)(?:\{([^}]*)\})? (\S+)(?: # (.*))?$/.exec(line) ?? []
    if (found !== name) return []
    const pairs = [...labels.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, label, text]) => [label, text])
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value), exemplar }]
  })
}

import type { MeasureName } from '../media/columns.ts'

/** Names by which evidence finds its lane. */
export const laneIds = {
  clock: 'clock',
  logs: 'logs',
  spans: 'spans',
  rung: (leg: string): string => `rung ${leg}`,
  ribbon: (view: string): string => `ribbon ${view}`,
  measure: (view: string, measure: MeasureName): string => `${measure} ${view}`,
} as const

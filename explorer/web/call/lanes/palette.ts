import { colourOf } from '#explorer/web/theme.ts'

/** Colours of canvases, from the stylesheet: call.css names them, so that light and dark are decided in one place. */
export interface Palette {
  readonly text: string
  readonly faint: string
  readonly grid: string
  readonly line: string
  readonly good: string
  readonly degraded: string
  readonly poor: string
  readonly silent: string
  readonly hatch: string
  readonly degradedShade: string
  readonly poorShade: string
  readonly bar: string
  readonly surface: string
}

export function readPalette(): Palette {
  const of = (name: string): string => colourOf(`lane-${name}`) || '#888888'
  return {
    text: of('text'),
    faint: of('faint'),
    grid: of('grid'),
    line: of('line'),
    good: of('good'),
    degraded: of('degraded'),
    poor: of('poor'),
    silent: of('silent'),
    hatch: of('hatch'),
    degradedShade: of('degraded-shade'),
    poorShade: of('poor-shade'),
    bar: of('bar'),
    surface: of('surface'),
  }
}

export const laneFont = '11px system-ui, sans-serif'

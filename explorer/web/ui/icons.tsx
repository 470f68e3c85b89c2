import type { CallClass } from '../api-types.ts'

interface IconProps {
  readonly name: IconName
  readonly size?: number
}

/** Outlines on a grid of 16, drawn with the colour of the text around them. */
const outlines = {
  good: 'M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13ZM5 8.2l2.1 2.1L11.2 6',
  degraded: 'M8 2 15 14H1ZM8 6.4v3.4M8 11.8v.2',
  poor: 'M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2ZM5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6',
  unclassified: 'M3.2 3.2h9.6v9.6H3.2ZM5.6 8h4.8',
  search: 'M7 2.2a4.8 4.8 0 1 1 0 9.6a4.8 4.8 0 0 1 0-9.6ZM10.6 10.6 14 14',
  close: 'M4 4l8 8M12 4l-8 8',
  settings: 'M2 4.5h7M13 4.5h1M2 11.5h1M7 11.5h7M11 2.8v3.4M5 9.8v3.4',
  calls: 'M2.5 3.5h11M2.5 8h11M2.5 12.5h7',
  now: 'M1.5 8.5h3l2-5 3 9 2-4h3',
  import: 'M8 2v7.5M4.8 6.4 8 9.6l3.2-3.2M2.5 11v2.5h11V11',
  up: 'M4 10l4-4 4 4',
  down: 'M4 6l4 4 4-4',
  newer: 'M8 13V3M4 7l4-4 4 4',
  filter: 'M2 3.5h12l-4.6 5.2v4.3l-2.8-1.4V8.7Z',
  file: 'M4 1.8h5.2L12.5 5v9.2H4ZM9 2v3.3h3.3',
} as const
export type IconName = keyof typeof outlines

export const Icon = ({ name, size = 16 }: IconProps) => (
  <svg class="icon" viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
    <path d={outlines[name]} />
  </svg>
)

export const classIcon = (name: CallClass) => <Icon name={name} size={14} />

import type { ComponentChildren } from 'preact'

interface ScrollTableProps {
  /** Id of the heading that names it. */
  readonly labelledBy: string
  /** Scrolls within itself, for tables that may have hundreds of rows. */
  readonly tall?: boolean
  readonly children: ComponentChildren
}

/** A table that scrolls sideways where the page is narrow, by keys too. */
export const ScrollTable = ({ labelledBy, tall = false, children }: ScrollTableProps) => (
  // biome-ignore lint/a11y/useSemanticElements: the section around it is the landmark; a field set this is not.
  <div
    role="group"
    class={tall ? 'table-scroll table-tall' : 'table-scroll'}
    aria-labelledby={labelledBy}
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
    tabIndex={0}
  >
    <table class="figures">{children}</table>
  </div>
)

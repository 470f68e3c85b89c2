import type { CallClass } from '../api-types.ts'
import { t } from '../messages.ts'
import { classIcon } from './icons.tsx'

/** A call's class: shape, word and colour, so that no one of them is needed to tell. */
export const ClassBadge = ({ class: name }: { readonly class: CallClass }) => (
  <span class={`badge class-${name}`}>
    {classIcon(name)}
    {t(`class.${name}`)}
  </span>
)

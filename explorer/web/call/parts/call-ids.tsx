import type { CallRecord } from '#contracts/call-record.ts'
import { t, tIfKnown } from '#explorer/web/messages.ts'
import { idsOf, type NamedId } from '../story/ids.ts'
import { CopyButton } from './copy-button.tsx'

/** What other systems know the call by comes first; the rest is folded. */
const firstKinds = ['correlation', 'sip_call_id', 'trace']

export function CallIds({ record }: { readonly record: CallRecord }) {
  const ids = idsOf(record)
  const first = firstKinds.flatMap((kind) => ids.filter((one) => one.kind === kind).slice(0, 1))
  const rest = ids.filter((one) => !first.includes(one))
  return (
    <div class="ids">
      <IdList ids={first} />
      {rest.length > 0 && (
        <details>
          <summary>{t('call.ids.more', { n: rest.length })}</summary>
          <IdList ids={rest.slice(0, maxIds)} />
        </details>
      )}
    </div>
  )
}

/** A conference may have thousands; the raw record has them all. */
const maxIds = 100

const IdList = ({ ids }: { readonly ids: readonly NamedId[] }) => (
  <ul class="plain id-list">
    {ids.map(({ kind, id }) => (
      <li key={`${kind} ${id}`}>
        <span class="muted">{tIfKnown('call.id', kind)}</span> <code class="clip">{id}</code>
        <CopyButton text={id} what={tIfKnown('call.id', kind)} />
      </li>
    ))}
  </ul>
)

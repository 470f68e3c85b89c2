import { ApiError } from '../api.ts'
import { t } from '../messages.ts'
import { Empty, Failure, Skeleton, Stale } from '../ui/states.tsx'
import { CallView } from './call-view.tsx'
import { useCall } from './use-call.ts'

interface CallPageProps {
  readonly id: string
  readonly tenant: string | undefined
}

/** The page of one call, in whatever state it is: awaited, not there, failed, or shown. */
// biome-ignore lint/style/noDefaultExport: loaded lazily, as the module's one thing.
export default function CallPage({ id, tenant }: CallPageProps) {
  const { value, atMs, error, again } = useCall(id, tenant)
  if (value !== undefined)
    return (
      <>
        {error !== undefined && atMs !== undefined && <Stale sinceMs={atMs} />}
        <CallView answer={value} />
      </>
    )
  if (error instanceof ApiError && error.status === 404) return <NotFound id={id} />
  if (error !== undefined) return <Failure error={error} retry={again} />
  return (
    <div class="call-page">
      <Skeleton lines={2} height={32} />
      <Skeleton lines={1} height={120} />
      <Skeleton lines={6} height={56} />
    </div>
  )
}

const NotFound = ({ id }: { readonly id: string }) => (
  <Empty title={t('call.notFound')}>
    <p>{t('call.notFound.why', { id })}</p>
    <a class="button" href="/">
      {t('call.back')}
    </a>
  </Empty>
)

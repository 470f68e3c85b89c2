import type { ComponentChildren } from 'preact'
import { ApiError } from '../api.ts'
import { clock } from '../format.ts'
import { t } from '../messages.ts'

/** What stands where content will be. Screen readers hear one word instead of grey bars. */
export const Skeleton = ({ lines, height = 20 }: { readonly lines: number; readonly height?: number }) => (
  <div class="skeleton" role="status">
    <span class="visually-hidden">{t('state.loading')}</span>
    {Array.from({ length: lines }, (_, at) => (
      <div key={at} class="skeleton-line" style={{ height: `${height}px` }} />
    ))}
  </div>
)

interface FailureProps {
  readonly error: Error
  readonly retry: () => void
}

/** What went wrong, in the server's words, and a way on. */
export const Failure = ({ error, retry }: FailureProps) => (
  <div class="state state-failed" role="alert">
    <p class="state-title">{t('state.failed')}</p>
    <p>{textOf(error)}</p>
    {error instanceof ApiError && error.errors.length > 0 && (
      <ul class="plain">
        {error.errors.map(({ field, fix }) => (
          <li key={field}>
            <code>{field}</code>: {fix}
          </li>
        ))}
      </ul>
    )}
    <button type="button" class="button" onClick={retry}>
      {t('state.retry')}
    </button>
  </div>
)

const textOf = (error: Error): string =>
  error instanceof ApiError && error.unreachable ? t('state.unreachable') : error.message

/** Above content that can no longer be brought up to date. */
export const Stale = ({ sinceMs }: { readonly sinceMs: number }) => (
  <p class="state-stale" role="status">
    {t('state.stale', { time: clock(sinceMs) })}
  </p>
)

interface EmptyProps {
  readonly title: string
  readonly children?: ComponentChildren
}

export const Empty = ({ title, children }: EmptyProps) => (
  <div class="state">
    <p class="state-title">{title}</p>
    {children}
  </div>
)

import { useEffect, useState } from 'preact/hooks'
import { getJson } from '../api.ts'
import type { CallListItem, CallPage } from '../api-types.ts'
import { t } from '../messages.ts'
import { callAddress, go, place } from '../router.ts'
import { ClassBadge } from '../ui/badge.tsx'
import type { ImportReport } from './upload.ts'

type Named = NonNullable<ImportReport['calls']>[number]

/** Calls of one file that are looked up; of more, the list shows them. */
const maxShown = 10

const askEveryMs = 1_000
/** A record follows its messages within seconds. After this long something else is the matter. */
const askForMs = 120_000

interface FoundCallsProps {
  readonly named: readonly Named[]
  /** The file's only call, and nothing was refused: the viewer wants to see it, not read about it. */
  readonly goThere: boolean
}

/** The calls of a file: each a link as soon as it has been judged. */
export function FoundCalls({ named, goThere }: FoundCallsProps) {
  const shown = named.slice(0, maxShown)
  const { found, givenUp } = useFound(shown)
  const only = found.get(shown[0]?.id ?? '')
  useEffect(() => {
    if (goThere && only !== undefined && place.get().path === '/import') go(callAddress(only))
  }, [goThere, only])
  return (
    <>
      <ul class="plain found-calls">
        {shown.map(({ id }) => {
          const call = found.get(id)
          return (
            <li key={id}>
              {call === undefined ? (
                <>
                  <code class="clip">{id}</code>
                  <span class="muted">{givenUp ? t('import.notYet') : t('import.judging')}</span>
                </>
              ) : (
                <>
                  <ClassBadge class={call.class} />
                  <a href={callAddress(call)}>
                    <code>{id}</code>
                  </a>
                </>
              )}
            </li>
          )
        })}
      </ul>
      {named.length > shown.length && <p class="muted">{t('import.moreCalls', { n: named.length - shown.length })}</p>}
    </>
  )
}

function useFound(named: readonly Named[]) {
  const [found, setFound] = useState<ReadonlyMap<string, CallListItem>>(new Map())
  const [givenUp, setGivenUp] = useState(false)
  const key = named.map(({ id }) => id).join(' ')
  useEffect(() => {
    const left = new AbortController()
    const limit = setTimeout(() => setGivenUp(true), askForMs)
    void lookUntilFound(named, left.signal, (id, call) => setFound((before) => new Map(before).set(id, call)))
    return () => {
      clearTimeout(limit)
      left.abort()
    }
  }, [key])
  return { found, givenUp }
}

async function lookUntilFound(
  named: readonly Named[],
  signal: AbortSignal,
  onFound: (id: string, call: CallListItem) => void,
): Promise<void> {
  let missing = named
  for (let turn = 0; missing.length > 0 && !signal.aborted && turn * askEveryMs < askForMs; turn++) {
    const answers = await Promise.all(missing.map((one) => callOf(one, signal)))
    answers.forEach((call, at) => {
      if (call !== undefined) onFound(missing[at]?.id ?? '', call)
    })
    missing = missing.filter((_, at) => answers[at] === undefined)
    await new Promise((done) => setTimeout(done, askEveryMs))
  }
}

/** Undefined while there is no record, or nobody answers: it is asked again. */
async function callOf({ tenant, id }: Named, signal: AbortSignal): Promise<CallListItem | undefined> {
  try {
    const { calls } = await getJson<CallPage>('/api/calls', { tenant, q: id, limit: 1 }, signal)
    return calls[0]
  } catch {
    return undefined
  }
}

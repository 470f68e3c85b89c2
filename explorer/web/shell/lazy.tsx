import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Failure, Skeleton } from '../ui/states.tsx'

/** A page whose code is fetched when it is first shown. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let known: ComponentType<Props> | undefined
  return function Lazy(props: Props) {
    const [error, setError] = useState<Error>()
    const [, render] = useState({})
    useEffect(() => {
      // It may have come between this rendering and now, asked for by a rendering that is gone.
      if (known !== undefined) {
        render({})
        return
      }
      load().then((loaded) => {
        known = loaded
        render({})
      }, setError)
    }, [])
    if (known !== undefined) {
      const Page = known
      return <Page {...props} />
    }
    // Browsers remember a module that failed: only loading the page anew asks for it again.
    if (error !== undefined) return <Failure error={error} retry={() => location.reload()} />
    return <Skeleton lines={8} />
  }
}

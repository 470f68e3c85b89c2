/** What the viewer chose, kept by the browser. Some browsers refuse storage; the choice then lasts as long as the page. */
export function createKept<T extends string>(name: string, allowed: readonly T[], otherwise: T) {
  let held: T | undefined
  return {
    read(): T {
      const stored = held ?? safely(() => storage()?.getItem(name))
      return allowed.find((value) => value === stored) ?? otherwise
    },
    write(value: T): void {
      held = value
      safely(() => storage()?.setItem(name, value))
    },
  }
}

/** None outside of a browser, where tests run. */
const storage = (): Storage | undefined => (typeof document === 'undefined' ? undefined : localStorage)

export function safely<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

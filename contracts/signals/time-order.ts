import type { z } from 'zod'

/**
 * True where one moment is certainly before another. Where either is stated in whole seconds, both are compared so: a producer that cuts
 * the fraction of one of them says nothing wrong. Moments that do not exist are before nothing.
 */
function isEarlier(one: string, other: string): boolean {
  const [oneMs, otherMs] = [Date.parse(one), Date.parse(other)]
  const wholeSeconds = !one.includes('.') || !other.includes('.')
  return wholeSeconds ? Math.floor(oneMs / 1_000) < Math.floor(otherMs / 1_000) : oneMs < otherMs
}

type Times<Field extends string> = { readonly [Name in Field]?: string | undefined }

interface OrderCheck {
  readonly check: 'custom'
  /** True where no time lies before one that must come first: for who reads without Zod. */
  readonly isInOrder: (data: Readonly<Record<string, unknown>>) => boolean
}

/** A check for `.check()`: data in which a time lies before one that must come first is refused, and the later field named. */
export function inOrder<Field extends string>(
  pairs: readonly (readonly [first: Field, then: Field])[],
): z.core.$ZodCheck<Times<Field>> {
  const isWrong = (data: Readonly<Record<string, unknown>>, [first, then]: readonly [Field, Field]): boolean => {
    const [begin, end] = [data[first], data[then]]
    return typeof begin === 'string' && typeof end === 'string' && isEarlier(end, begin)
  }
  const def: OrderCheck = { check: 'custom', isInOrder: (data) => !pairs.some((pair) => isWrong(data, pair)) }
  const check = ({ value, issues }: z.core.ParsePayload<Times<Field>>): void => {
    const named = new Set<Field>()
    for (const pair of pairs) {
      const [first, then] = pair
      if (named.has(then) || !isWrong(value, pair)) continue
      named.add(then)
      issues.push({ code: 'custom', input: value, path: [then], message: `must not be before ${first}` })
    }
  }
  return { _zod: { def, check, onattach: [] } } as unknown as z.core.$ZodCheck<Times<Field>>
}

/** What `inOrder` asks of data; undefined for every other check. */
export function orderAsked(check: z.core.$ZodCheck<never>): OrderCheck['isInOrder'] | undefined {
  const def = check._zod.def as z.core.$ZodCheckDef & Partial<OrderCheck>
  return typeof def.isInOrder === 'function' ? def.isInOrder : undefined
}

import { expect, test } from 'vitest'
import type { z } from 'zod'
import type { callSamples, facetList, nowFigures, timelineOf } from '#collectors/http/chart-schemas.ts'
import type { callPage, liveCalls } from '#collectors/http/response-schemas.ts'
import type * as page from '#explorer/web/api-types.ts'

/** As JSON has it: what is not known is left out, and nothing is read-only. */
type Sent<T> = T extends readonly (infer Item)[]
  ? Sent<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Sent<Exclude<T[Key], undefined>> }
    : T

type Same<One, Other> = [Sent<One>] extends [Sent<Other>] ? ([Sent<Other>] extends [Sent<One>] ? true : false) : false

/** The compiler is the test: what the page takes for an answer is what the OpenAPI document says of it. */
const agreed = {
  calls: true satisfies Same<page.CallPage, z.output<typeof callPage>>,
  live: true satisfies Same<page.LiveCalls, z.output<typeof liveCalls>>,
  timeline: true satisfies Same<page.Timeline, z.output<typeof timelineOf>>,
  facets: true satisfies Same<page.Facets, z.output<typeof facetList>>,
  now: true satisfies Same<page.Now, z.output<typeof nowFigures>>,
  samples: true satisfies Same<page.CallSamples, z.output<typeof callSamples>>,
}

test('the page and the OpenAPI document agree on every answer', () => {
  expect(Object.values(agreed)).not.toContain(false)
})

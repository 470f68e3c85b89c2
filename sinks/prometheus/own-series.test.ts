import { describe, expect, test } from 'vitest'
import { aPrometheus, aSample, exampleTraceId } from './examples.ts'

describe('what one tenant may see', () => {
  const carriers = { acme: 'north', globex: 'south', other: 'west' }
  function ofThree() {
    const metrics = aPrometheus({ tenants: ['acme', 'globex'], maxTenants: 2, processMetrics: true })
    for (const [tenant, carrier] of Object.entries(carriers)) {
      const sample = aSample({ packets_lost: 40 }, { correlationid: `call-of-${tenant}`, traceparent })
      metrics.calls.observe(tenant, sample, { carrier, region: 'eu' })
      metrics.calls.ended({ tenant, id: 'c', class: 'poor', setupMs: 900 })
    }
    return metrics
  }
  const traceparent = `00-${exampleTraceId}-00f067aa0ba902b7-01`
  const served = (body: string) => [...body.matchAll(/^[a-z_]+(\{[^}]*\})? /gm)].map(([, labels = '']) => labels)

  test.each(['text', 'openmetrics'] as const)(
    'are the series of its own label, without exemplars: %s',
    async (format) => {
      const { body, contentType } = await ofThree().expose(format, 'acme')
      expect(served(body).length).toBeGreaterThan(50)
      expect(served(body).filter((labels) => !labels.includes('tenant="acme"'))).toEqual([])
      expect(body).not.toMatch(/globex|south|call-of|trace_id|carrier|nodejs|process_/)
      expect(body).toContain('callscope_calls_total{tenant="acme",class="poor"} 1')
      const whole = new Set((await ofThree().expose(format)).body.replaceAll(/ # .*/g, '').split('\n'))
      expect(body.split('\n').filter((line) => !whole.has(line))).toEqual([])
      expect([contentType, body.endsWith('# EOF\n')]).toEqual([
        expect.stringMatching(format === 'text' ? /^text\/plain/ : /^application\/openmetrics-text/),
        format === 'openmetrics',
      ])
    },
  )

  test('is nothing where its label is one that several share, or none', async () => {
    const { expose } = ofThree()
    expect((await expose('text')).body).toContain('tenant="other"')
    for (const tenants of ['other', 'unknown', 'nobody', '', []]) expect((await expose('text', tenants)).body).toBe('')
  })

  test('several see their own', async () => {
    const { body } = await ofThree().expose('text', ['acme', 'globex'])
    expect(new Set(served(body).map((labels) => /tenant="(\w+)"/.exec(labels)?.[1]))).toEqual(
      new Set(['acme', 'globex']),
    )
  })

  test('the operator sees everything, with exemplars', async () => {
    const { body } = await ofThree().expose('openmetrics')
    for (const text of ['call-of-globex', 'carrier="south"', 'tenant="other"', exampleTraceId, 'nodejs_'])
      expect(body).toContain(text)
  })
})

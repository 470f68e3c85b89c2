import { describe, expect, test } from 'vitest'
import type { LogRecord } from '#contracts/event-log.ts'
import { defaultWindows } from '#contracts/pipeline.ts'
import { asFirstTaken } from './replayed.ts'
import { tenantOf } from './steps/cloud-event-tenant.ts'
import { expiresAtSeconds, refusedTime } from './steps/cloud-event-times.ts'

const dayMs = 86_400_000
const nowMs = Date.UTC(2026, 5, 1)

const again = (firstMs: number | string, headers: Readonly<Record<string, string>> = {}): LogRecord => ({
  ...{ topic: 'call-events', partition: 0, offset: 0, logTimeMs: nowMs, key: null, value: '{}' },
  headers: { 'callscope-replay': 'run', 'callscope-log-time': String(firstMs), ...headers },
})

describe('a replayed message', () => {
  const firstMs = nowMs - 20 * dayMs
  const decide = (timeMs: number, record: LogRecord) => refusedTime(timeMs, asFirstTaken(record), defaultWindows)?.type

  test('is let in or refused as it was when the log first took it', () => {
    expect(decide(firstMs - 1_000, again(firstMs))).toBeUndefined()
    expect(decide(firstMs - 8 * dayMs, again(firstMs))).toBe('park')
    expect(decide(firstMs + dayMs, again(firstMs))).toBe('park')
    // It came with an import then, and imports have a window of their own.
    expect(decide(firstMs - 800 * dayMs, again(firstMs, { 'callscope-run': 'import' }))).toBeUndefined()
  })

  const expiry = (record: LogRecord) => expiresAtSeconds(firstMs - 1_000, asFirstTaken(record), defaultWindows) * 1_000

  test('goes when it would have gone', () => {
    expect(expiry(again(firstMs))).toBe(firstMs + defaultWindows.retentionMs)
  })

  test('is kept from the replay on where it would be gone, or frozen before all of its call is back', () => {
    for (const days of [27.5, 30, 900]) {
      const oldMs = nowMs - days * dayMs
      const record = asFirstTaken(again(oldMs))
      expect(expiresAtSeconds(oldMs, record, defaultWindows) * 1_000).toBe(nowMs + defaultWindows.retentionMs)
    }
  })

  test.each([['not a number'], ['-5'], ['0'], ['1.5'], [String(nowMs + 1)], ['']])(
    'with the log time %j was not written by a replay: it is judged as any other',
    (text) => {
      const record = again(text)
      expect(asFirstTaken(record)).toBe(record)
    },
  )

  test('needs both headers: a log time alone is nobody’s word', () => {
    const record = { ...again(firstMs), headers: { 'callscope-log-time': String(firstMs) } }
    expect(asFirstTaken(record)).toBe(record)
  })
})

describe('a replay for one tenant', () => {
  const rules = { tenants: () => new Set(['acme', 'globex']) }
  const only = again(nowMs - dayMs, { 'callscope-only-tenant': 'acme' })

  test('leaves out what is another’s in a message of several, without a dead letter', () => {
    expect(tenantOf(asFirstTaken(only), 'acme', rules)).toBe('acme')
    expect(tenantOf(asFirstTaken(only), 'globex', rules)).toMatchObject({ type: 'drop' })
  })

  test('is asked for by a replay only: the header alone hides nothing', () => {
    const live = { ...only, headers: { 'callscope-only-tenant': 'acme' } }
    expect(tenantOf(asFirstTaken(live), 'globex', rules)).toBe('globex')
  })
})

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createRepeatedWarnings } from './repeated-warnings.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function listen() {
  let nowMs = 0
  const lines: object[] = []
  const note = (level: string) => (fields: object, message: string) => void lines.push({ level, message, ...fields })
  const warn = createRepeatedWarnings({
    logger: { warn: note('warn'), info: note('info') } as never,
    monotonic: () => nowMs,
  })
  const wait = (ms: number) => {
    nowMs += ms
    vi.advanceTimersByTime(ms)
  }
  return { warn, wait, lines }
}

const message = 'a store did not take what it was given; trying again'

test('a store that is down for five minutes costs a dozen lines, with how often, and one when it is over', () => {
  const { warn, wait, lines } = listen()
  for (let tries = 0; tries <= 600; tries += 1) {
    warn({ what: 'logs -> loki' }, message, 'unreachable')
    wait(500)
  }
  expect(lines.length).toBe(11)
  expect(lines[0]).toEqual({ level: 'warn', message, what: 'logs -> loki', cause: 'unreachable' })
  expect(lines[10]).toMatchObject({ level: 'warn', times: 601, seconds: 300, cause: 'unreachable' })

  wait(130_000)
  expect(lines.slice(11)).toEqual([
    {
      level: 'info',
      message: 'over: two minutes without it',
      what: 'logs -> loki',
      was: message,
      times: 601,
      seconds: 300,
    },
  ])
  expect(vi.getTimerCount()).toBe(0)
})

test('each trouble is told by itself, and anew when it comes back', () => {
  const { warn, wait, lines } = listen()
  warn({ what: 'logs -> loki' }, message, 'unreachable')
  warn({ what: 'traces -> tempo' }, message, 'unreachable')
  warn({ what: 'logs -> loki' }, message, 'server_error')
  expect(lines.length).toBe(2)
  wait(130_000)
  expect(lines.length).toBe(4)
  warn({ what: 'logs -> loki' }, message, 'unreachable')
  expect(lines.at(-1)).toEqual({ level: 'warn', message, what: 'logs -> loki', cause: 'unreachable' })
})

test('names without end are not remembered without end', () => {
  const { warn, lines } = listen()
  for (let number = 0; number < 1_000; number += 1) warn({ what: String(number) }, message)
  warn({ what: '999' }, message)
  warn({ what: '0' }, message)
  expect(lines.length).toBe(1_001)
})

import { expect, test } from 'vitest'
import { createPatience } from './patience.ts'

const hour = 3_600_000

test('a broker or topic that is missing is waited for without end, ever less often', () => {
  const patience = createPatience()
  const waits = Array.from({ length: 1_000 }, (_, at) =>
    patience.ended(at % 2 ? 'broker_unreachable' : 'topic_missing', 5_000),
  )
  expect(waits.slice(0, 3)).toEqual([{ waitMs: 250 }, { waitMs: 500 }, { waitMs: 1_000 }])
  expect(waits.at(-1)).toEqual({ waitMs: 10_000 })
})

test('ten crashes in a row for no reason that passes are enough', () => {
  const patience = createPatience()
  for (let at = 0; at < 9; at += 1) {
    expect(patience.ended('client_failed', 1_000)).not.toBe('give_up')
    patience.ended('broker_unreachable', 1_000)
  }
  expect(patience.ended('login_refused', 1_000)).toBe('give_up')
})

test('crashes with hours of work between them are never enough', () => {
  const patience = createPatience()
  for (let at = 0; at < 100; at += 1) expect(patience.ended('client_failed', hour)).toEqual({ waitMs: 250 })
})

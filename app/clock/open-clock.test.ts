import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openClock } from './open-clock.ts'

const dayMs = 86_400_000
const path = mkdtempSync(join(tmpdir(), 'callscope-clock-'))
const folder = { part: (name: string) => join(path, name) }
afterAll(() => rmSync(path, { recursive: true }))

test('a process that begins with a clock a day ahead goes on where the one before it was, and one after that, too', () => {
  const begunMs = Date.UTC(2026, 10, 30)
  const first = openClock(
    () => begunMs,
    folder,
    () => 500_000,
  )
  first.keep()
  const second = openClock(
    () => begunMs + dayMs + 10_000,
    folder,
    () => 510_000,
  )
  expect(second.now()).toBe(begunMs + 10_000)
  second.keep()
  const third = openClock(
    () => begunMs + dayMs + 20_000,
    folder,
    () => 520_000,
  )
  expect([third.now(), third.aheadMs()]).toEqual([begunMs + 20_000, dayMs])
  const right = openClock(
    () => begunMs + 30_000,
    folder,
    () => 530_000,
  )
  expect([right.now(), right.health()]).toEqual([begunMs + 30_000, 'ok'])
})

test('a machine that was started again says nothing of the time between, and neither does a damaged file', () => {
  const begunMs = Date.UTC(2026, 10, 30)
  openClock(
    () => begunMs,
    folder,
    () => 500_000,
  ).keep()
  expect(
    openClock(
      () => begunMs + dayMs,
      folder,
      () => 10_000,
    ).health(),
  ).toBe('ok')
  writeFileSync(join(path, 'clock.json'), '{"presentMs":')
  expect(
    openClock(
      () => begunMs + dayMs,
      folder,
      () => 600_000,
    ).health(),
  ).toBe('ok')
})

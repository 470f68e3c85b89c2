import { expect, test } from 'vitest'
import { createProgress } from '#pipelines/summaries/progress.ts'
import { createRecordHealth, longestStandstillMs } from './record-health.ts'

/** A steady clock set by hand, and both parts on it. */
function aProcess() {
  const clock = { ms: 0 }
  const ticks = () => clock.ms
  return { clock, progress: createProgress(ticks), health: createRecordHealth(ticks) }
}

test('calls that wait and never end make records stand still, and it is told how many wait', () => {
  const { clock, progress, health } = aProcess()
  for (; clock.ms < longestStandstillMs + 60_000; clock.ms += 300)
    health.look(progress.look(40, Math.max(1, clock.ms)), 40)
  expect(health.state()).toMatch(/stand still for 2\d\d s, and 40 calls wait: mend/)
  progress.ended()
  health.look(progress.look(39, clock.ms), 39)
  expect(health.state()).toBe('ok')
})

test('a flood is worked off, however long it is and however old, and stands still never', () => {
  const { clock, progress, health } = aProcess()
  for (; clock.ms < 3_600_000; clock.ms += 60_000) {
    progress.ended()
    health.look(progress.look(500_000, 10_800_000), 500_000)
    expect(health.state()).toBe('ok')
  }
})

test('what is put off on purpose, or not there, is no standstill', () => {
  const { clock, progress, health } = aProcess()
  for (; clock.ms < 3_600_000; clock.ms += 1_000) {
    health.look(progress.look(clock.ms % 2_000 === 0 ? 0 : 200, 17_000), 200)
    expect(health.state()).toBe('ok')
  }
})

test('a pipeline that does not even look any more stands still; a process without one has nothing to tell', () => {
  const { clock, progress, health } = aProcess()
  expect(health.state()).toBe('ok')
  health.look(progress.look(3, 20_000), 3)
  clock.ms += longestStandstillMs
  expect(health.state()).toContain('stand still')
})

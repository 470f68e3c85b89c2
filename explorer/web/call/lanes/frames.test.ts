import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFrames } from './frames.ts'

let drawn: boolean[] = []
const frames = createFrames((isMoving) => drawn.push(isMoving))

beforeEach(() => {
  drawn = []
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => setTimeout(run, 16))
  vi.stubGlobal('cancelAnimationFrame', clearTimeout)
})

afterEach(() => {
  frames.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('however much is asked for, one frame is drawn', () => {
  for (let asked = 0; asked < 10; asked += 1) frames.ask()
  vi.advanceTimersByTime(16)
  expect(drawn).toEqual([false])
})

test('what moves is drawn as moving, and once more when it has come to rest', () => {
  frames.move()
  vi.advanceTimersByTime(16)
  frames.move()
  vi.advanceTimersByTime(16)
  expect(drawn).toEqual([true, true])
  vi.advanceTimersByTime(1_000)
  expect(drawn).toEqual([true, true, false])
})

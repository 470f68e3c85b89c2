import { describe, expect, test } from 'vitest'
import { calculateMos, type MosQuestion } from './calculator.ts'

const answer = (question: MosQuestion) => {
  const result = calculateMos(question)
  if (result.type === 'problems') throw new Error(result.problems.map(({ message }) => message).join('; '))
  return result.answer
}
const problems = (question: MosQuestion) => {
  const result = calculateMos(question)
  return result.type === 'problems' ? result.problems : []
}

describe('the calculator', () => {
  test('gives the printed example of G.729A+VAD with every value on the way', () => {
    const { conversational, listening, intermediate, band, grounded } = answer({
      codec: 'G.729A',
      lossPercent: 2,
      delayMs: 150,
    })
    expect({ band, grounded, name: conversational?.name }).toEqual({ band: 'N', grounded: true, name: 'MOS-CQEN' })
    expect(conversational?.r).toBeCloseTo(70.5, 1)
    expect(conversational?.mos).toBeCloseTo(3.62, 2)
    expect(listening.mos).toBeGreaterThan(conversational?.mos ?? 5)
    expect(intermediate.ieEff).toBeCloseTo(19, 1)
    expect(intermediate.id).toBeCloseTo(3.8, 1)
    expect(intermediate.ro).toBeCloseTo(94.77, 2)
  })

  test('has no conversational score without a delay', () => {
    const { conversational, oneWayDelayMs } = answer({ codec: 'PCMU', lossPercent: 0 })
    expect([conversational, oneWayDelayMs]).toEqual([undefined, undefined])
  })

  test('estimates the one-way delay from the round trip, and says what it assumes of jitter', () => {
    const { oneWayDelayMs, notes } = answer({ codec: 'G729', lossPercent: 0, roundTripMs: 100, jitterMs: 20 })
    expect(oneWayDelayMs).toBe(50 + 35 + 40)
    expect(notes.join('; ')).toMatch(/one-way delay estimated.*jitter assumes a buffer of twice the jitter/)
  })

  test('marks a stand-in, an extrapolation and missing concealment', () => {
    const { grounded, notes } = answer({ codec: 'opus', lossPercent: 1 })
    expect([grounded, notes[0]]).toEqual([false, expect.stringContaining('not grounded')])
    expect(answer({ codec: 'G.711', lossPercent: 2, burstRatio: 3 })).toMatchObject({ extrapolated: true })
    expect(answer({ codec: 'G.711', lossPercent: 1 }).notes.join()).toContain('--codec G.711+PLC')
  })

  test('scores wideband for listening only and says why', () => {
    const { conversational, listening, notes } = answer({ codec: 'AMR-WB/12.65', lossPercent: 0, delayMs: 100 })
    expect([conversational, listening.name]).toEqual([undefined, 'MOS-LQEW'])
    expect(notes.join()).toContain('wideband delay terms')
  })

  test.each([
    ['an unknown codec', { codec: 'ISAC', lossPercent: 0 }, 'codec', /known are G\.711/],
    ['a mode left open', { codec: 'AMR-WB', lossPercent: 0 }, 'codec', /AMR-WB-12\.65/],
    ['loss under a codec without Bpl', { codec: 'G726-32', lossPercent: 1 }, 'lossPercent', /use a loss of 0/],
    ['loss beyond all', { codec: 'PCMU', lossPercent: 101 }, 'lossPercent', /from 0 to 100/],
    ['a number that is none', { codec: 'PCMU', lossPercent: Number.NaN }, 'lossPercent', /from 0 to 100/],
    [
      'delay given twice',
      { codec: 'PCMU', lossPercent: 0, delayMs: 10, roundTripMs: 20 },
      'roundTripMs',
      /give one of them/,
    ],
  ] as const)('names the field and the fix for %s', (_, question, field, fix) => {
    const [problem] = problems(question)
    expect(problem?.field).toBe(field)
    expect(problem?.message).toMatch(fix)
  })
})

import { expect, test } from 'vitest'
import { generationOf } from './generation.ts'

const range = (minVersion: number, maxVersion: number) => ({ minVersion, maxVersion })

test.each([
  ['4.3', { 1: range(4, 18), 65: range(0, 1) }, '4.x'],
  ['3.9', { 1: range(0, 17), 65: range(0, 0) }, '3.x'],
  ['2.8', { 1: range(0, 12) }, '2.x'],
  ['2.1', { 1: range(0, 10) }, '2.x'],
  ['2.0', { 1: range(0, 8) }, 'older than 2.1'],
] as const)('a broker of Kafka %s is known by what it speaks', (_version, versions, generation) => {
  expect(generationOf(versions)).toBe(generation)
})

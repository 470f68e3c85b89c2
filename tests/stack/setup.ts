import { afterAll, expect } from 'vitest'
// Tests that use kafkajs by itself need what the adapter mends in it, or Node warns of a negative timer after each answer.
import '#collectors/kafka/kafkajs-inside.ts'

const warned: string[] = []
process.on('warning', ({ name, message }) => {
  if (name === 'TimeoutNegativeWarning') warned.push(message)
})

/* Seen here, because what a process prints stands in the output beside the tests of another file. */
afterAll(() => expect(warned).toEqual([]))

import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/**
 * Tests that kill, cut off and race real processes of an embedded install, plant faults in it, or wipe what it holds:
 * `npm run test:kills`. Minutes, so apart from `npm test`.
 */
export default defineConfig({
  test: {
    include: ['tests/faults/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: Math.max(2, availableParallelism() >> 1),
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
})

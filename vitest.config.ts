import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'tests/stack/**', 'tests/faults/**', 'tests/browser/**'],
    // chdb and PGlite are native engines that hold their own threads: one process per file keeps them apart.
    pool: 'forks',
    // Two on two cores, where the default is one: most of a flow test is waiting.
    maxWorkers: Math.max(2, availableParallelism() >> 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})

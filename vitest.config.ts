import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'tests/stack/**', 'tests/browser/**'],
    // chdb and PGlite are native engines that hold their own threads: one process per file keeps them apart.
    pool: 'forks',
    // Whole installs on a shared machine: a test that fails twice in a row is wrong, one that fails once is looked into.
    retry: process.env.CI === undefined ? 0 : 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})

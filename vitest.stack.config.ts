import { defineConfig } from 'vitest/config'

/**
 * Tests on real servers: `npm run test:stack`. They are started once for all files, which run one after another: the servers
 * share two cores with the tests. Names of topics, databases and tenants are a test's own, so that servers may be shared.
 */
export default defineConfig({
  test: {
    include: ['tests/stack/**/*.test.ts'],
    globalSetup: ['tests/stack/global-setup.ts'],
    setupFiles: ['tests/stack/setup.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})

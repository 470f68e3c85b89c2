import { defineConfig } from 'vitest/config'

/**
 * Tests on real servers: `npm run test:stack`. They are started once for all files, of which two run at a time: most of what a
 * test does is wait, for a server to come up, for a session to run out. Whatever tests share (the servers) they use under
 * names of their own for topics, groups, databases and tenants; what they stop, freeze or kill is a server of their own.
 */
export default defineConfig({
  test: {
    include: ['tests/stack/**/*.test.ts'],
    globalSetup: ['tests/stack/global-setup.ts'],
    setupFiles: ['tests/stack/setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})

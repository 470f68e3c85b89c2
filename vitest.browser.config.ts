import { defineConfig } from 'vitest/config'

/** Tests in a real browser on the real program: `npm run test:browser`. One at a time: each starts a program of its own. */
export default defineConfig({
  test: {
    include: ['tests/browser/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 15_000 } },
  },
})

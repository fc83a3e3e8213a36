import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // EDR, the in-process chain, crashes in worker threads with isolation.
    pool: 'forks',
    isolate: false,
    // Also the default: a rejection that nobody handles fails the run, though every test has passed.
    dangerouslyIgnoreUnhandledErrors: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } }
  }
})

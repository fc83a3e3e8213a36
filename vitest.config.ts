import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // EDR, the in-process chain, crashes in worker threads with isolation.
    pool: 'forks',
    isolate: false,
    // Also the default: a rejection that nobody handles fails the run, though every test has passed.
    dangerouslyIgnoreUnhandledErrors: false,
    // What hangs is found, also where a busy machine takes three times as long.
    testTimeout: 90_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } }
  }
})

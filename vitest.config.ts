import { defineConfig } from 'vitest/config'

/** Uses every core by itself, and its figure is seeds a minute: it has the machine alone. */
const WORLDS = 'test/simulation/simulation.test.ts'

const test = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // A machine that is busy with other things takes its time; what never comes still fails.
  expect: { poll: { timeout: 30_000 } },
  pool: 'forks' as const,
  maxWorkers: 2,
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...test,
          name: 'all',
          include: ['test/**/*.test.ts'],
          exclude: [WORLDS],
          globalSetup: ['test/support/build.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      { test: { ...test, name: 'worlds', include: [WORLDS], sequence: { groupOrder: 2 } } },
    ],
  },
})

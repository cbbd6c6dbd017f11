import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.{ts,tsx}', 'scripts/**/*.test.mjs', 'bench/**/*.test.mjs'],
          exclude: ['**/*.gpu.test.ts'],
          environment: 'node',
          // Files share processes: a new one for each would take half of the time. A test leaves no state behind in modules.
          isolate: false,
          // By default vitest leaves a core idle.
          maxWorkers: 2,
          // A busy machine is slow, which is no failure.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'gpu',
          include: ['src/**/*.gpu.test.ts', 'bench/**/*.gpu.test.ts'],
          environment: 'node',
          // Without a GPU, SwiftShader mostly compiles, on one core: two files at a time, and patience.
          pool: 'forks',
          maxWorkers: 2,
          testTimeout: 360_000,
          hookTimeout: 360_000,
        },
      },
    ],
  },
})

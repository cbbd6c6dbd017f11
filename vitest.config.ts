import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files of GPU tests that take longest, the longest first: begun last, one of them would leave a core idle at the end. */
const longest = [
  'src/train/oracle-tile',
  'src/train/oracle-quad',
  'src/gpu/kernels/conv/conv',
  'src/cli/main',
  'src/train/oracle',
  'bench/bench',
  'src/train/oracle-vector-quad',
  'src/train/oracle-vector',
  'src/measure/ablation',
  'src/train/oracle-register',
].map((path) => `/${path}.gpu.test.ts`)

/** Begins with the longest files, which are known before the first run. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((path) => moduleId.endsWith(path))
      return at < 0 ? longest.length : at
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.{ts,tsx}', 'scripts/**/*.test.mjs', 'bench/**/*.test.{ts,mjs}'],
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

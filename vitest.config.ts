import { defineConfig } from 'vitest/config';
import { CountReporter } from './test/reporter.ts';

// unit: no socket beyond loopback, no engine, under 30 s in all. integration: starts servers and child
// processes. e2e: a real Docker engine, a real registry, npm.
export default defineConfig({
  test: {
    reporters: ['default', new CountReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: ['test/setup.ts'],
          include: ['test/**/*.test.ts'],
          exclude: ['test/{heavy,e2e,scenarios,provision,examples}/**', 'test/**/*.integration.test.ts'],
          testTimeout: 20_000,
          // Half of the time would go to loading the same modules 190 times. So a helper that cleans up does it with
          // `onTestFinished`: a hook at the top of a module shared by two files would run for the first of them only.
          isolate: false,
          restoreMocks: true,
          unstubEnvs: true,
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'integration',
          setupFiles: ['test/setup.ts'],
          include: ['test/scenarios/**/*.test.ts', 'test/**/*.integration.test.ts'],
          exclude: ['test/e2e/**', 'test/provision/**'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'e2e',
          setupFiles: ['test/setup.ts'],
          include: ['test/e2e/**/*.test.ts', 'test/provision/**/*.test.ts', 'test/examples/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'convert',
          setupFiles: ['test/setup.ts'],
          include: ['test/heavy/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

// How every test of the workspace is run: unit tests beside the source, the rest in test/.
// Packages import each other as built (dist), so `build` comes first; `pnpm test` sees to it.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Unit tests that put a module of their own in the place of another, so that they need modules to themselves. */
const MOCKING = ['packages/core/src/ops/new-operator.test.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
    // One more than there are cores: many files wait for processes and links more than they compute.
    maxWorkers: availableParallelism() + 1,
    // For machines that have other things to do: browsers and clusters beside each other take their time there.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: 'test-results/results.json' }]]
      : ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'units',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts'],
          exclude: MOCKING,
          // A process runs many of these files, and what they import is loaded once: half a second less for each file.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'whole', include: ['test/**/*.test.ts', ...MOCKING] } },
    ],
  },
});

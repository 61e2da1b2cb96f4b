// Threads of the built package are started, as everywhere. What stops some is told in test/cli/doctor.test.ts, in a process of
// its own.
import { availableParallelism } from 'node:os';
import { tryThreads } from '@lockstep/trainer';
import { expect, it } from 'vitest';

it('as many as there are cores can be started, and more', async () => {
  for (const threads of [1, availableParallelism() + 1]) {
    await expect(tryThreads(threads)).resolves.toBeUndefined();
  }
});

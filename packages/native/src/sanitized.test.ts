// The compiled kernels under sanitizers, some random cases each: nothing outside of their arrays is read or written, and nothing
// is left to the compiler's choice. To compile them so takes a minute: `pnpm long` does, of one width; `pnpm cases --sanitize` tries all.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { loadNative } from './index.js';

const CASES = fileURLToPath(new URL('../scripts/cases.mjs', import.meta.url));
const { module, reason } = loadNative();

/** The module is compiled first, if any source has changed. */
const TIMEOUT_MS = 400_000;

test('no kernel touches what is not its own', { timeout: TIMEOUT_MS }, async ({ skip }) => {
  if (process.env.LOCKSTEP_LONG === undefined) return skip('it takes a minute: pnpm long');
  if (!module?.lanes.length) return skip(reason ?? 'no vectors that kernels were compiled for');
  const widest = String(Math.max(...module.lanes));
  const options = ['--sanitize', '--lanes', widest, '--count', '8'];
  const { stdout } = await promisify(execFile)(process.execPath, [CASES, ...options]);
  const notTried = /^not tried: (.*)/m.exec(stdout);
  if (notTried) return skip(notTried[1]);
  expect(stdout).toBe(
    `0 failures: ${module.kernels.length} kernels, 8 cases each, with ${widest} lanes\n`,
  );
});

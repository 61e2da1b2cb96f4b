// A run's memory lies in large pages where Linux has them for whoever asks, and its bytes are what they were.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadNative } from './module.js';
import { nativeBackend } from './native-backend.js';

const { module, reason } = loadNative();
const BYTES = 24 << 20;
const KNOWN = '/sys/kernel/mm/transparent_hugepage';

/** What the system says of the mapping that was made for a memory: two letters for each wish. */
function wishes(): string[] {
  const mappings = readFileSync('/proc/self/smaps', 'utf8').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/);
  return mappings
    .filter((mapping) => Number(/^Rss: +(\d+) kB$/m.exec(mapping)?.[1]) * 1024 >= BYTES - (4 << 20))
    .flatMap((mapping) => /^VmFlags: (.*)$/m.exec(mapping)?.[1]?.split(' ') ?? []);
}

test('a memory asks for large pages', ({ skip }) => {
  if (!module) return skip(`no compiled kernels: ${reason}`);
  if (!existsSync(KNOWN)) return skip('this system has no large pages for whoever asks');
  const memory = nativeBackend(module.lanes.at(-1)!).createMemory(BYTES);
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(1);
  expect(wishes()).toContain('hg');
});

test.skipIf(!module)('what is no memory is refused (skipped without compiled kernels)', () => {
  expect(() => module!.preferLargePages(new Float32Array(1) as never)).toThrow(
    'expected the memory as a Uint8Array',
  );
});

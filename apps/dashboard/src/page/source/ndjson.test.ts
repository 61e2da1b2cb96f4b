import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonLines } from './ndjson.js';

async function collect(chunks: readonly Uint8Array[]): Promise<unknown[]> {
  async function* all() {
    yield* chunks;
  }
  const objects: unknown[] = [];
  for await (const object of jsonLines(all())) objects.push(object);
  return objects;
}

test('objects come whole, wherever the bytes are cut', async () => {
  const objects = [{ text: 'größer – 学习 🎓' }, [1, null], { a: { b: 'line\nend' } }];
  const bytes = new TextEncoder().encode(
    objects.map((object) => `${JSON.stringify(object)}\n`).join(''),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
      expect(await collect(chunks)).toEqual(objects);
    }),
  );
});

test('empty lines are none, and what has no end of line was cut off', async () => {
  const bytes = new TextEncoder().encode('\n{"a":1}\n\r\n{"b":');
  expect(await collect([bytes])).toEqual([{ a: 1 }]);
});

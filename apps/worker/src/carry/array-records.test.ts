// Arrays in records: what is kept comes back, what is damaged or missing is fetched anew, and a store that fails keeps nobody.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { arrayRecords, type Records } from './array-records.js';

const PIECES = [Uint8Array.of(1, 2, 3), Uint8Array.of(4), Uint8Array.of(5, 6)];
const WHOLE = Buffer.concat(PIECES);
const SHA256 = createHash('sha256').update(WHOLE).digest('hex');

function inMemory() {
  const kept = new Map<string, Uint8Array>();
  const records: Records = {
    get: async (key) => kept.get(key),
    async put(key, bytes) {
      kept.set(key, bytes.slice());
    },
    async delete(key) {
      kept.delete(key);
    },
  };
  return { kept, records };
}

/** As the cache does. @returns the bytes that were fetched, or undefined if it was whole */
async function load(records: Records, memory: Uint8Array): Promise<number | undefined> {
  const array = arrayRecords(records)(SHA256, memory);
  if (await array.readWhole()) return undefined;
  await array.begin();
  const from = array.bytes;
  let at = 0;
  for (const piece of PIECES) {
    if (at >= from) await array.append([piece]);
    at += piece.length;
  }
  expect(await array.finish()).toBe(true);
  return WHOLE.length - from;
}

const fresh = (): Uint8Array => new Uint8Array(WHOLE.length);

describe('an array in records', () => {
  it('is fetched once and is there from then on', async () => {
    const { records } = inMemory();
    expect(await load(records, fresh())).toBe(WHOLE.length);
    const memory = fresh();
    expect(await load(records, memory)).toBeUndefined();
    expect([...memory]).toEqual([...WHOLE]);
  });

  it('goes on from the pieces that are there', async () => {
    const { kept, records } = inMemory();
    await load(records, fresh());
    kept.delete(`${SHA256}/2`);
    const memory = fresh();
    expect(await load(records, memory)).toBe(2);
    expect([...memory]).toEqual([...WHOLE]);
  });

  it('begins anew where what was kept is damaged, and throws that away', async () => {
    const { kept, records } = inMemory();
    await load(records, fresh());
    kept.get(`${SHA256}/1`)![0] = 9;
    const memory = fresh();
    expect(await load(records, memory)).toBe(WHOLE.length);
    expect([...memory]).toEqual([...WHOLE]);
  });

  it('does not take what is longer than the array', async () => {
    const { kept, records } = inMemory();
    kept.set(`${SHA256}/0`, new Uint8Array(100));
    expect(await load(records, fresh())).toBe(WHOLE.length);
  });

  it('says so when what came is another array', async () => {
    const { kept, records } = inMemory();
    const array = arrayRecords(records)(SHA256, fresh());
    await array.append([new Uint8Array(WHOLE.length)]);
    expect(await array.finish()).toBe(false);
    expect(array.bytes).toBe(0);
    expect(kept.size).toBe(0);
  });

  it('is there without a store that works', async () => {
    const failing = async (): Promise<never> => {
      throw new Error('the quota is exceeded');
    };
    const records: Records = { get: failing, put: failing, delete: failing };
    const memory = fresh();
    expect(await load(records, memory)).toBe(WHOLE.length);
    expect([...memory]).toEqual([...WHOLE]);
  });

  it('keeps nothing after a piece that could not be kept', async () => {
    const { kept, records } = inMemory();
    let puts = 0;
    const full: Records = {
      ...records,
      async put(key, bytes) {
        puts += 1;
        if (puts === 2) throw new Error('the quota is exceeded');
        await records.put(key, bytes);
      },
    };
    await load(full, fresh());
    expect([...kept.keys()]).toEqual([`${SHA256}/0`]);
  });

  it('refuses a name that is no hash', () => {
    expect(() => arrayRecords(inMemory().records)('../x', fresh())).toThrow('SHA-256');
  });
});

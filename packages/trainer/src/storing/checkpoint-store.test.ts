import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { cp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ConfigError } from '@lockstep/core';
import { encodeSafetensors, type StoredTensor } from '@lockstep/formats';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CheckpointError, type CheckpointState } from './checkpoint-file.js';
import { CheckpointStore } from './checkpoint-store.js';
import type { FileOperations } from './durable-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-checkpoints-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const nameOf = (step: number) => `step-${String(step).padStart(9, '0')}.safetensors`;
const names = () => readdirSync(folder).sort();

function state(step: number): CheckpointState {
  return {
    step,
    tensors: new Map<string, StoredTensor>([
      [
        'model/layers.0.weight',
        { dtype: 'F32', shape: [2, 2], data: Float32Array.of(step, 1, -0, 3) },
      ],
      ['adam/m', { dtype: 'F64', shape: [1], data: Float64Array.of(0.1) }],
      ['flags', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
    ]),
    metadata: { seed: 7, loss: 0.1 + 0.2, shards: 4, name: 'é "x"' },
  };
}

async function refusal(path: string): Promise<string> {
  try {
    await new CheckpointStore(folder).load(path);
  } catch (error) {
    if (error instanceof CheckpointError) return error.message;
    throw error;
  }
  throw new Error(`${path} was not refused`);
}

/** Changes a file where it stands, so that thousands of changes take seconds. */
function patch(path: string, at: number, byte: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Uint8Array.of(byte), 0, 1, at);
  closeSync(file);
}

describe('saving and loading', () => {
  test('what was saved comes back: step, tensors and metadata', async () => {
    const store = new CheckpointStore(join(folder, 'runs', 'a', 'checkpoints'));
    const path = await store.save(state(900));
    expect(path).toBe(join(folder, 'runs', 'a', 'checkpoints', 'step-000000900.safetensors'));
    expect(await store.load(path)).toEqual({ ...state(900), path });
    expect(await store.latest()).toEqual({ checkpoint: { ...state(900), path }, refused: [] });
  });

  test('equal states are equal bytes, and the digest is that of the file with its digits as zeros', async () => {
    const store = new CheckpointStore(folder);
    const first = readFileSync(await store.save(state(5)));
    expect(readFileSync(await store.save(state(5)))).toEqual(first);
    const start = '{"__metadata__":{"format":"lockstep-checkpoint/1","sha256":"';
    expect(first.toString('latin1', 8, 8 + start.length)).toBe(start);
    const at = 8 + start.length;
    const digits = first.toString('latin1', at, at + 64);
    first.fill('0', at, at + 64);
    expect(createHash('sha256').update(first).digest('hex')).toBe(digits);
  });

  test('tensors in shared memory are saved, hashed and read back', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const data = new Float32Array(memory.buffer, 64, 3);
    data.set([1.5, 2.5, 3.5]);
    const store = new CheckpointStore(folder);
    const tensors = new Map([['w', { dtype: 'F32', shape: [3], data } as StoredTensor]]);
    const path = await store.save({ step: 1, tensors, metadata: null });
    expect([...(await store.load(path)).tensors.get('w')!.data]).toEqual([1.5, 2.5, 3.5]);
  });

  test('tensors larger than one piece of hashing and reading come back whole', async () => {
    const data = new Uint8Array(40 * 1024 * 1024 + 3);
    for (let i = 0; i < data.length; i += 4093) data[i] = i % 251;
    const store = new CheckpointStore(folder);
    const tensors = new Map([['big', { dtype: 'U8', shape: [data.length], data } as StoredTensor]]);
    const path = await store.save({ step: 1, tensors, metadata: {} });
    const back = (await store.load(path)).tensors.get('big')!.data as Uint8Array;
    expect(Buffer.compare(back, data)).toBe(0);
  });

  test('saves that are asked for at once run one after the other', async () => {
    const store = new CheckpointStore(folder, { keep: 3 });
    // The first is slow; were the others not to wait, they would remove its temporary file as stale.
    const data = new Uint8Array(32 * 1024 * 1024);
    const slow = new Map([['w', { dtype: 'U8', shape: [data.length], data } as StoredTensor]]);
    const saves = [{ ...state(1), tensors: slow }, state(2), state(3), state(3)];
    await Promise.all(saves.map((each) => store.save(each)));
    expect(names()).toEqual([nameOf(1), nameOf(2), nameOf(3)]);
    const latest = await store.latest();
    expect(latest?.checkpoint).toEqual({ ...state(3), path: join(folder, nameOf(3)) });
  });

  test.each<[string, Partial<CheckpointState>, RegExp]>([
    ['metadata with a NaN', { metadata: { loss: Number.NaN } }, /metadata "loss" is NaN/],
    ['no metadata', { metadata: undefined }, /metadata is undefined/],
    ['a negative step', { step: -1 }, /a step is a whole number from 0, got -1/],
    [
      'a shape that does not fit',
      { tensors: new Map([['w', { dtype: 'U8', shape: [2], data: new Uint8Array(1) }]]) },
      /"w" has shape \[2\], its data has 1/,
    ],
  ])('%s cannot be saved, and says so', async (_, part, message) => {
    const saved = new CheckpointStore(folder).save({ ...state(1), ...part });
    await expect(saved).rejects.toThrow(message);
    await expect(saved).rejects.toMatchObject({ code: 'checkpoint' });
    expect(names()).toEqual([]);
  });
});

describe('damage', () => {
  test('every truncation is refused, and says what was expected', async () => {
    const path = await new CheckpointStore(folder).save(state(3));
    const size = readFileSync(path).byteLength;
    for (let length = size - 1; length >= 0; length--) {
      truncateSync(path, length);
      expect(await refusal(path)).toMatch(
        new RegExp(`step-000000003.*truncated: expected .*, got ${length}`),
      );
    }
  });

  test('appended bytes are refused', async () => {
    const path = await new CheckpointStore(folder).save(state(3));
    writeFileSync(path, '\0', { flag: 'a' });
    expect(await refusal(path)).toMatch(/bytes follow the last tensor/);
  });

  test('10,000 single flipped bits are all refused', async () => {
    const store = new CheckpointStore(folder);
    const path = await store.save(state(3));
    const whole = readFileSync(path);
    // A linear congruential generator (Numerical Recipes), for places that are the same in every run.
    let random = 1;
    for (let round = 0; round < 10_000; round++) {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      const bit = Math.floor((random / 2 ** 32) * whole.byteLength * 8);
      patch(path, bit >> 3, whole[bit >> 3]! ^ (1 << (bit & 7)));
      await refusal(path);
      patch(path, bit >> 3, whole[bit >> 3]!);
    }
    expect(await store.load(path)).toEqual({ ...state(3), path });
  });

  test('a change that means the same to JSON is a change: a tab in the padding, an escape', async () => {
    const store = new CheckpointStore(folder);
    for (let pad = 0; pad < 8; pad++) {
      const path = await store.save({ ...state(3), metadata: 'x'.repeat(pad) });
      const dataStart = 8 + readFileSync(path).readUInt32LE(0);
      if (readFileSync(path)[dataStart - 1] !== 0x20) continue;
      patch(path, dataStart - 1, 0x09);
      expect(await refusal(path)).toMatch(/altered since it was saved/);
      return;
    }
    throw new Error('no header had padding');
  });

  test('what is not a checkpoint is refused for what it is', async () => {
    const path = join(folder, 'some.safetensors');
    const write = (metadata: Record<string, string>) =>
      writeFileSync(path, Buffer.concat(encodeSafetensors(new Map(), metadata)));
    expect(await refusal(path)).toMatch(/ENOENT/);
    expect(await refusal(folder)).toMatch(/it is no file/);
    writeFileSync(path, 'PK\x03\x04 something else');
    expect(await refusal(path)).toMatch(/damaged or no checkpoint/);
    write({ format: 'pt' });
    expect(await refusal(path)).toMatch(/not a checkpoint: .*got pt/);
    write({});
    expect(await refusal(path)).toMatch(/not a checkpoint: .*got none/);
    write({ format: 'lockstep-checkpoint/2' });
    expect(await refusal(path)).toMatch(/expected .*\/1, got lockstep-checkpoint\/2/);
    write({ format: 'lockstep-checkpoint/1' });
    expect(await refusal(path)).toMatch(/altered/);
  });

  test('a file under the name of another step is refused; under a name of its own it is read', async () => {
    const store = new CheckpointStore(folder);
    const path = await store.save(state(3));
    await cp(path, join(folder, nameOf(8)));
    expect(await refusal(join(folder, nameOf(8)))).toMatch(
      /name says step 8, its content is step 3/,
    );
    await cp(path, join(folder, 'kept.safetensors'));
    expect((await store.load(join(folder, 'kept.safetensors'))).step).toBe(3);
  });

  test('latest falls back to the one before, and says why', async () => {
    const store = new CheckpointStore(folder, { keep: 3 });
    const [, path2, path3] = [
      await store.save(state(1)),
      await store.save(state(2)),
      await store.save(state(3)),
    ];
    truncateSync(path3, 400);
    const size = readFileSync(path2).byteLength;
    patch(path2, size - 1, 0xff);
    const latest = await store.latest();
    expect(latest?.checkpoint).toEqual({ ...state(1), path: join(folder, nameOf(1)) });
    expect(latest?.refused.map(({ path }) => path)).toEqual([path3, path2]);
    expect(latest?.refused[0]?.reason).toMatch(/truncated: expected .*got 400/);
    expect(latest?.refused[1]?.reason).toMatch(/altered since it was saved/);
  });

  test('latest does not take "all damaged" for "none"', async () => {
    const store = new CheckpointStore(folder);
    expect(await store.latest()).toBeUndefined();
    expect(await new CheckpointStore(join(folder, 'not there')).latest()).toBeUndefined();
    truncateSync(await store.save(state(1)), 100);
    await expect(store.latest()).rejects.toThrow(/none of 1 can be used.*truncated/);
  });
});

describe('what stays in the folder', () => {
  test('the newest two, in the order of their steps beyond nine digits too', async () => {
    const store = new CheckpointStore(folder);
    for (const step of [1, 999_999_999, 1_000_000_000, 1_000_000_001])
      await store.save(state(step));
    expect((await store.list()).map(({ step }) => step)).toEqual([1_000_000_001, 1_000_000_000]);
    expect(names()).toEqual([nameOf(1_000_000_000), nameOf(1_000_000_001)]);
  });

  test('and those that are spared: the last that was named so, and the one before it', async () => {
    const store = new CheckpointStore(folder);
    store.spare(1);
    for (const step of [1, 2, 3, 4]) await store.save(state(step));
    expect(names()).toEqual([nameOf(1), nameOf(3), nameOf(4)]);
    store.spare(3);
    store.spare(3);
    for (const step of [5, 6]) await store.save(state(step));
    expect(names()).toEqual([1, 3, 5, 6].map(nameOf));
    store.spare(6);
    for (const step of [7, 8]) await store.save(state(step));
    expect(names()).toEqual([3, 6, 7, 8].map(nameOf));
    expect((await store.at(3)).step).toBe(3);
    await expect(store.at(1)).rejects.toThrow(CheckpointError);
  });

  test('a truncated checkpoint does not count, so two whole ones stay', async () => {
    const store = new CheckpointStore(folder);
    await store.save(state(1));
    truncateSync(await store.save(state(2)), 300);
    await store.save(state(3));
    expect(names()).toEqual([nameOf(1), nameOf(2), nameOf(3)]);
    await store.save(state(4));
    expect(names()).toEqual([nameOf(3), nameOf(4)]);
  });

  test('the one just saved stays, even when newer steps lie there', async () => {
    const store = new CheckpointStore(folder);
    for (const step of [5, 6, 2]) await store.save(state(step));
    expect(names()).toEqual([nameOf(2), nameOf(5), nameOf(6)]);
  });

  test('what a killed process left behind is ignored, then removed; other files are left alone', async () => {
    const leftover = `${nameOf(2)}.tmp-0123456789abcdef`;
    const others = ['notes.txt', 'notes.txt.tmp-0123456789abcdef', 'step-1.safetensors'];
    for (const name of [leftover, ...others]) writeFileSync(join(folder, name), 'half');
    const store = new CheckpointStore(folder);
    expect(await store.list()).toEqual([]);
    expect(await store.latest()).toBeUndefined();
    await store.save(state(3));
    expect(names()).toEqual([...others, nameOf(3)].sort());
  });

  test('a write that fails leaves the earlier checkpoints, and the next save works', async () => {
    let room = true;
    const files: FileOperations = {
      async open(path, flags) {
        const file = await open(path, flags);
        return {
          async write(bytes, offset, length) {
            if (!room) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
            return file.write(bytes, offset, length);
          },
          sync: () => file.sync(),
          close: () => file.close(),
        };
      },
      rename,
      rm,
    };
    const store = new CheckpointStore(folder, { files });
    await store.save(state(1));
    await store.save(state(2));
    const before = readFileSync(join(folder, nameOf(2)));
    room = false;
    for (const step of [2, 3]) {
      await expect(store.save(state(step))).rejects.toThrow(
        /not saved: ENOSPC.*Earlier checkpoints are untouched/,
      );
    }
    expect(names()).toEqual([nameOf(1), nameOf(2)]);
    expect(readFileSync(join(folder, nameOf(2)))).toEqual(before);
    room = true;
    expect(basename(await store.save(state(3)))).toBe(nameOf(3));
    expect(existsSync(join(folder, nameOf(1)))).toBe(false);
  });

  test('keeping none is refused', () => {
    expect(() => new CheckpointStore(folder, { keep: 0 })).toThrow(ConfigError);
  });
});

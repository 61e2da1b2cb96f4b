import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '@lockstep/core';
import { firstSamples, loadMnist } from '@lockstep/data';
import { type DatasetDescription, MAX_PIECE_BYTES } from '@lockstep/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatasetCache } from './dataset-cache.js';
import { folderCache } from './folder-cache.js';

/** Three pieces. */
const SAMPLES = 2.5 * MAX_PIECE_BYTES;

let cacheDir: string;
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), 'lockstep-cache-'));
});
afterEach(() => rmSync(cacheDir, { recursive: true, force: true }));

function bytesOf(array: Dataset['inputs'] | Dataset['targets']): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Element by element in the runner takes seconds. */
function same(a: Dataset['inputs'] | Dataset['targets'], b: typeof a): boolean {
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function describeDataset(dataset: Dataset): DatasetDescription {
  const { name, samples, inputShape, inputDivisor, targetShape, classes = null } = dataset;
  const inputs = bytesOf(dataset.inputs);
  const targets = bytesOf(dataset.targets);
  const isBytes = dataset.inputs instanceof Uint8Array;
  return {
    ...{ as: 'train', name, samples, inputShape, inputDivisor, targetShape, classes },
    vocabulary: dataset.vocabulary ?? null,
    inputs: { sha256: sha256(inputs), bytes: inputs.length, type: isBytes ? 'uint8' : 'float32' },
    targets: {
      sha256: sha256(targets),
      bytes: targets.length,
      type: classes === null ? 'float32' : 'int32',
    },
  };
}

const DATA: Dataset = {
  name: '../../etc/passwd',
  samples: SAMPLES,
  inputShape: [1],
  inputDivisor: 255,
  inputs: Uint8Array.from({ length: SAMPLES }, (_, i) => (i * 31) % 251),
  targetShape: [],
  targets: new Int32Array(SAMPLES).fill(1),
  classes: 2,
};
const DESCRIPTION = describeDataset(DATA);

/** A coordinator that has the data, and counts. */
function server(options: { readonly failAfter?: number; readonly damages?: boolean } = {}) {
  const asked: string[] = [];
  const fetch = async (hash: string, offset: number, length: number) => {
    if (asked.length === options.failAfter) throw new Error('cut');
    asked.push(`${hash.slice(0, 4)} ${offset}`);
    const array = hash === DESCRIPTION.inputs.sha256 ? DATA.inputs : DATA.targets;
    const piece = bytesOf(array).slice(offset, offset + length);
    if (options.damages) piece[0]! ^= 1;
    return [piece.subarray(0, 10), piece.subarray(10)];
  };
  const cache = (more: { known?: Dataset[] } = {}): DatasetCache =>
    folderCache({ cacheDir, maxBytes: 2 ** 30, fetch, ...more });
  return { asked, cache };
}

const NEVER = async (): Promise<never> => {
  throw new Error('nothing is to be fetched');
};

describe('a dataset that is not here', () => {
  it('is fetched piece by piece into shared memory, and kept', async () => {
    const { cache, asked } = server();
    const { dataset, source } = await cache().load(DESCRIPTION);
    expect(source).toBe('coordinator');
    expect(same(dataset.inputs, DATA.inputs)).toBe(true);
    expect(same(dataset.targets, DATA.targets)).toBe(true);
    expect(dataset.inputs.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(asked.length).toBe(3 + 10);
    const again = server();
    expect((await again.cache().load(DESCRIPTION)).source).toBe('cache');
    expect(again.asked).toEqual([]);
  });

  it('goes on where the last attempt stopped', async () => {
    await expect(server({ failAfter: 2 }).cache().load(DESCRIPTION)).rejects.toThrow('cut');
    const { cache, asked } = server();
    const { dataset } = await cache().load(DESCRIPTION);
    expect(same(dataset.inputs, DATA.inputs)).toBe(true);
    expect(asked[0]).toBe(`${DESCRIPTION.inputs.sha256.slice(0, 4)} ${2 * MAX_PIECE_BYTES}`);
  });

  it('begins anew where a damaged part lay', async () => {
    await expect(server({ failAfter: 2 }).cache().load(DESCRIPTION)).rejects.toThrow('cut');
    const part = join(cacheDir, 'arrays', `${DESCRIPTION.inputs.sha256}.part`);
    const bytes = readFileSync(part);
    bytes[5]! ^= 1;
    writeFileSync(part, bytes);
    const { cache, asked } = server();
    expect(same((await cache().load(DESCRIPTION)).dataset.inputs, DATA.inputs)).toBe(true);
    // The third piece after the damaged two, then all three.
    expect(asked.length).toBe(1 + 3 + 10);
    expect(existsSync(part)).toBe(false);
  });

  it('is refused if the coordinator sends other bytes than it announced, and nothing is kept', async () => {
    await expect(server({ damages: true }).cache().load(DESCRIPTION)).rejects.toThrow(
      /what the coordinator sent is not the array/,
    );
    expect(readdirSync(join(cacheDir, 'arrays'))).toEqual([]);
  });

  it('is fetched by two processes at once without harm', async () => {
    const { cache } = server();
    const both = await Promise.all([cache().load(DESCRIPTION), cache().load(DESCRIPTION)]);
    for (const { dataset } of both) expect(same(dataset.inputs, DATA.inputs)).toBe(true);
    expect((await server().cache().load(DESCRIPTION)).source).toBe('cache');
  });

  it('is fetched also where nothing can be kept', async () => {
    writeFileSync(join(cacheDir, 'file'), '');
    const { fetch } = { fetch: async () => [new Uint8Array(1)] };
    const tiny = describeDataset({
      ...DATA,
      samples: 1,
      inputs: new Uint8Array(1),
      targets: new Float32Array(0),
      targetShape: [0],
      classes: undefined,
    });
    const folder = join(cacheDir, 'file', 'below');
    const cache = folderCache({ cacheDir: folder, maxBytes: 100, fetch });
    expect(same((await cache.load(tiny)).dataset.inputs, new Uint8Array(1))).toBe(true);
  });
});

describe('a dataset that is here', () => {
  it('in the cache but damaged is fetched again', async () => {
    await server().cache().load(DESCRIPTION);
    const file = join(cacheDir, 'arrays', DESCRIPTION.targets.sha256);
    const bytes = readFileSync(file);
    bytes[100]! ^= 1;
    writeFileSync(file, bytes);
    const { cache, asked } = server();
    const { dataset, source } = await cache().load(DESCRIPTION);
    expect(source).toBe('coordinator');
    expect(same(dataset.targets, DATA.targets)).toBe(true);
    expect(asked.length).toBe(10);
  });

  it('in memory is used as it is, a beginning of it too', async () => {
    const options = { cacheDir, maxBytes: 2 ** 30, fetch: NEVER, known: [DATA] };
    const part = describeDataset(firstSamples(DATA, 1000));
    const found = await folderCache(options).load(part);
    expect(found.source).toBe('memory');
    expect(found.dataset.samples).toBe(1000);
    expect(existsSync(join(cacheDir, 'arrays'))).toBe(false);
  });

  it('as the official MNIST is not fetched', async () => {
    const { train, test } = await loadMnist({ name: 'mnist', offline: true });
    const cache = folderCache({ cacheDir, maxBytes: 2 ** 30, fetch: NEVER });
    for (const dataset of [train, test, firstSamples(train, 640)]) {
      const found = await cache.load(describeDataset(dataset));
      expect(found.source).toBe('local');
      expect(same(found.dataset.targets, dataset.targets)).toBe(true);
    }
  });

  it('with the official name but other bytes is not taken for it', async () => {
    const { cache } = server();
    const inputs = new Uint8Array(784).fill(9);
    const description = describeDataset({
      ...DATA,
      name: 'mnist',
      samples: 1,
      inputShape: [28, 28],
      inputs,
      targets: new Int32Array(1),
    });
    await expect(cache().load(description)).rejects.toThrow();
  });
});

describe('a hostile description', () => {
  const load = (change: object) =>
    folderCache({ cacheDir, maxBytes: 2 ** 30, fetch: NEVER }).load({
      ...DESCRIPTION,
      ...change,
    });

  it.each([
    ['a path for a hash', { inputs: { ...DESCRIPTION.inputs, sha256: '../../../etc/passwd' } }],
    ['a hash in capitals', { inputs: { ...DESCRIPTION.inputs, sha256: 'A'.repeat(64) } }],
    ['sizes that do not fit', { samples: SAMPLES - 1 }],
    ['labels that are numbers', { classes: null }],
    ['inputs that are labels', { inputs: { ...DESCRIPTION.inputs, type: 'int32' } }],
    ['negative sizes', { samples: -1, inputs: { ...DESCRIPTION.inputs, bytes: -1 } }],
  ])('with %s is refused before anything is opened', async (_, change) => {
    await expect(load(change)).rejects.toThrow(expect.objectContaining({ code: 'data' }));
    expect(readdirSync(cacheDir)).toEqual([]);
  });

  it('of more memory than there is to give is refused', async () => {
    const inputs = { ...DESCRIPTION.inputs, bytes: 2 ** 39 };
    const targets = { ...DESCRIPTION.targets, bytes: 2 ** 41 };
    await expect(load({ samples: 2 ** 39, inputs, targets })).rejects.toThrow(/at most 1073741824/);
  });

  it('with a name that is a path touches nothing but the cache', async () => {
    await server().cache().load(DESCRIPTION);
    expect(readdirSync(cacheDir)).toEqual(['arrays']);
    for (const name of readdirSync(join(cacheDir, 'arrays')))
      expect(name).toMatch(/^[0-9a-f]{64}$/);
  });
});

import { describe, expect, it } from 'vitest';
import { folderNameOf, storeAddress, storeUrl } from './address.js';
import {
  decodeManifest,
  encodeManifest,
  keyOf,
  keysToRemove,
  type Manifest,
  previousKeys,
  type StoredFile,
  type Writing,
  whyNotWrite,
} from './manifest.js';

const file = (name: string, digit: string): StoredFile => {
  const sha256 = digit.repeat(64);
  return { name, key: keyOf(name, sha256), bytes: 10, sha256 };
};

const RUN = file('run.json', 'a');

const list = (more: Partial<Manifest> = {}): Manifest => ({
  ...{ step: 20, ended: false, writer: 'w1', fence: null, time: '2026-01-01T00:00:00Z' },
  ...{ files: [RUN, file('metrics.jsonl', 'b')], previous: [] },
  ...more,
});

const mine: Writing = {
  ...{ writer: 'me', fence: null, run: RUN.sha256, step: 30, hasWritten: false, found: undefined },
};

describe('an address', () => {
  it.each([
    ['s3://models/a', { bucket: 'models', prefix: 'a' }],
    ['s3://my.models-1/runs/a=1/b_2/', { bucket: 'my.models-1', prefix: 'runs/a=1/b_2' }],
  ])('%s is one', (url, address) => {
    expect(storeAddress(url)).toEqual(address);
    expect(storeUrl(url)).toBe(`s3://${address.bucket}/${address.prefix}`);
  });

  it.each([
    's3://models',
    's3://models/',
    's3:///a',
    's3://models//a',
    's3://models/../a',
    's3://mo dels/a',
    's3://models/a b',
    'models/a',
    'https://models/a',
    '',
  ])('%j is none', (url) => {
    expect(() => storeAddress(url)).toThrow(/Expected s3:\/\/BUCKET\/PREFIX/);
  });

  it('gives the folder its last part', () => {
    expect(folderNameOf('s3://models/runs/mnist/')).toBe('mnist');
  });
});

describe('a list', () => {
  it('comes back as it was written', () => {
    expect(decodeManifest(encodeManifest(list({ fence: 7 })), 's3://a/b')).toEqual(
      list({ fence: 7 }),
    );
  });

  it.each<[string, object]>([
    ['another format', { format: 'lockstep-mirror/2' }],
    ['no step', { step: -1 }],
    ['a file outside of the folder', { files: [RUN, file('../a', 'b')] }],
    ['a file that is no run’s', { files: [RUN, file('token', 'b')] }],
    ['a key that is not of the file', { files: [RUN, { ...file('journal', 'b'), key: 'x' }] }],
    ['a size that is absurd', { files: [RUN, { ...file('journal', 'b'), bytes: 2 ** 40 }] }],
    ['no SHA-256', { files: [RUN, { ...file('journal', 'b'), sha256: 'b' }] }],
    ['one name twice', { files: [RUN, file('journal', 'b'), file('journal', 'c')] }],
    ['no run.json', { files: [file('journal', 'b')] }],
    ['a fence that is none', { fence: 'high' }],
    ['no keys of before', { previous: [1] }],
  ])('with %s is refused', (_, change) => {
    const json = JSON.parse(new TextDecoder().decode(encodeManifest(list())));
    const bytes = new TextEncoder().encode(JSON.stringify({ ...json, ...change }));
    expect(() => decodeManifest(bytes, 's3://a/b')).toThrow(/^s3:\/\/a\/b: manifest\.json /);
  });

  it('that is not JSON is refused', () => {
    expect(() => decodeManifest(new Uint8Array([1]), 's3://a/b')).toThrow(/is not JSON/);
  });
});

describe('a list may be written', () => {
  it.each<[string, Manifest | undefined, Partial<Writing>]>([
    ['where there is none', undefined, {}],
    ['over one’s own', list({ writer: 'me', step: 40 }), { hasWritten: true }],
    ['over one that is older, by who has not written', list(), {}],
    ['over the one that was found', list(), { found: 'w1' }],
    [
      'over that of who led before, whatever came there',
      list({ fence: 3, step: 99 }),
      { fence: 4 },
    ],
    ['over one that nobody led for, by who leads', list(), { fence: 4, found: 'w0' }],
  ])('%s', (_, there, more) => {
    expect(whyNotWrite(there, { ...mine, ...more })).toBeUndefined();
  });

  it.each<[string, RegExp, Manifest, Partial<Writing>]>([
    ['of another run', /another run/, list({ files: [file('run.json', 'f')] }), { fence: 9 }],
    ['that another wrote since', /since/, list(), { hasWritten: true }],
    ['that is not the one that was found', /has gone on/, list(), { found: 'w0' }],
    ['that came where nothing was found', /has gone on/, list(), { found: null }],
    ['that is newer', /step 31, which is newer/, list({ step: 31 }), {}],
    ['of who has taken over', /taken over/, list({ fence: 5 }), { fence: 4 }],
    ['of one that leads, by who does not', /taken over/, list({ fence: 5 }), {}],
  ])('but not over one %s', (_, why, there, more) => {
    expect(whyNotWrite(there, { ...mine, ...more })).toMatch(why);
  });
});

it('a key goes two lists after the one that named it last', () => {
  const [a, b] = [file('metrics.jsonl', 'b'), file('metrics.jsonl', 'c')];
  const first = list({ files: [RUN, a] });
  const second = list({ files: [RUN, b], previous: previousKeys(first, [RUN, b]) });
  expect(second.previous).toEqual([a.key]);
  expect(keysToRemove(first, second)).toEqual([]);
  const third = list({ files: [RUN, b], previous: previousKeys(second, [RUN, b]) });
  expect(keysToRemove(second, third)).toEqual([a.key]);
  // One that came back stays.
  const back = list({ files: [RUN, a], previous: previousKeys(second, [RUN, a]) });
  expect(keysToRemove(second, back)).toEqual([]);
});

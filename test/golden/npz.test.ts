// NumPy's archives read as NumPy reads them, from what NumPy wrote (npz.json), and what Lockstep writes read by NumPy.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { decodeNpz, encodeNpz, type StoredTensor, toFloat32 } from '@lockstep/formats';
import { describe, expect, it } from 'vitest';

interface GoldenArray {
  readonly shape: readonly number[];
  /** As NumPy calls it. */
  readonly dtype: string;
  /** Row-major; whole numbers as strings. */
  readonly values: readonly (number | string)[];
}

const { cases, refused } = JSON.parse(
  readFileSync(new URL('./npz.json', import.meta.url), 'utf8'),
) as {
  cases: { name: string; base64: string; arrays: Record<string, GoldenArray> }[];
  refused: Record<string, string>;
};

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));

/** `float32` is F32, `uint8` U8. */
function dtypeName(dtype: string): string {
  return dtype.replace(/^u?[a-z]/, (kind) => kind.toUpperCase().slice(0, 1)).replace(/[a-z]/g, '');
}

function valuesOf({ dtype, data, shape }: StoredTensor): (number | string)[] {
  if (dtype === 'F16') return Array.from(toFloat32('', { dtype, data, shape }));
  if (dtype === 'F32' || dtype === 'F64' || dtype === 'BOOL') return Array.from(data);
  return Array.from(data, String);
}

it.each(cases)('$name: what NumPy wrote is what is read', ({ base64, arrays }) => {
  const read = decodeNpz(bytesOf(base64));
  expect([...read.keys()]).toEqual(Object.keys(arrays));
  for (const [name, { shape, dtype, values }] of Object.entries(arrays)) {
    const tensor = read.get(name)!;
    expect(tensor.shape, name).toEqual(shape);
    expect(tensor.dtype, name).toBe(dtype === 'bool' ? 'BOOL' : dtypeName(dtype));
    expect(valuesOf(tensor), name).toEqual(values);
  }
});

it.each([
  ['complex', 'has the type "<c8", complex numbers'],
  ['text', '"<U1", text'],
  ['objects', '"|O", Python objects, which only pickle reads'],
  ['records', 'holds records of several fields'],
  ['dates', '"<M8[s]", dates or times'],
  ['extended', '"<f16", extended floats; convert with .astype(numpy.float32)'],
  ['void', '"|V2", a type that NumPy has not'],
])('%s is refused, with what to do', (name, message) => {
  expect(() => decodeNpz(bytesOf(refused[name]!))).toThrow(/^npz: "w"/);
  expect(() => decodeNpz(bytesOf(refused[name]!))).toThrow(message);
});

const python = ['/usr/bin/python3', 'python3'].find(
  (path) => spawnSync(path, ['-c', 'import numpy']).status === 0,
);

describe.skipIf(python === undefined)('NumPy (skipped where no python3 has it)', () => {
  const READ = `
import io, json, sys
import numpy as np
with np.load(io.BytesIO(sys.stdin.buffer.read())) as arrays:
    print(json.dumps({k: [str(a.dtype), list(a.shape), a.flags["C_CONTIGUOUS"], [str(v) for v in a.ravel()]]
                      for k, a in arrays.items()}))
`;

  it.each([false, true])('reads what is written (deflated: %s)', (compress) => {
    const tensors = new Map<string, StoredTensor>([
      [
        'layers.0.weight',
        { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6.5) },
      ],
      ['größe', { dtype: 'F64', shape: [1], data: Float64Array.of(0.1) }],
      ['scalar', { dtype: 'I64', shape: [], data: BigInt64Array.of(-(2n ** 63n)) }],
      ['none', { dtype: 'U8', shape: [0, 4], data: new Uint8Array(0) }],
      ['half', { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0x8000) }],
      ['truth', { dtype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) }],
    ]);
    const input = encodeNpz(tensors, { compress });
    const { stdout, stderr } = spawnSync(python!, ['-c', READ], { input });
    expect(stderr.toString()).toBe('');
    expect(JSON.parse(stdout.toString())).toEqual({
      'layers.0.weight': ['float32', [2, 3], true, ['1.0', '2.0', '3.0', '4.0', '5.0', '6.5']],
      größe: ['float64', [1], true, ['0.1']],
      scalar: ['int64', [], true, ['-9223372036854775808']],
      none: ['uint8', [0, 4], true, []],
      half: ['float16', [2], true, ['1.0', '-0.0']],
      truth: ['bool', [2], true, ['True', 'False']],
    });
  });
});

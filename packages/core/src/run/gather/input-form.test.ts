// What every form of a shard's inputs promises: what was put can be read again, whatever the samples' type, or the
// form says that they do not suit.
import { heapBase, wasm } from '@lockstep/kernels';
import { describe, expect, test } from 'vitest';
import { alignUp } from '../../plan/arena.js';
import { DenseBytes, DenseFloats } from './dense.js';
import type { InputForm } from './input-form.js';
import { BYTE_VALUES, SparseBytes, SparseFloats } from './sparse.js';

const WIDTH = 9;
const ROWS = 7;
const DIVISOR = 3;
/** Entries that the lists have room for. */
const LIMIT = 40;

const memory = wasm.createMemory(heapBase + 65_536);
const kernels = wasm.kernels(memory);
let end = alignUp(heapBase);
function take(bytes: number): number {
  const address = end;
  end += alignUp(bytes);
  return address;
}
const rows = take(4 * ROWS * WIDTH);
const dense = take(4 * ROWS * WIDTH);
const arena = take(0);
const samples = {
  kind: 'sparse samples' as const,
  width: WIDTH,
  limit: LIMIT,
  rowStartsOffset: take(4 * (ROWS + 1)) - arena,
  rowEntriesOffset: take(8 * LIMIT) - arena,
  columnStartsOffset: take(4 * (WIDTH + 1)) - arena,
  columnEntriesOffset: take(8 * LIMIT) - arena,
};
const table = new Float32Array(memory.buffer, take(4 * BYTE_VALUES), BYTE_VALUES);

interface Case {
  readonly form: InputForm;
  /** Of the values that rows are given as. */
  readonly Values: typeof Uint8Array | typeof Float32Array;
  /** What was put, [count, WIDTH]. */
  readonly read: (count: number) => number[];
  readonly isSparse: boolean;
}

const readDense = (address: number) => (count: number) => [
  ...new Float32Array(memory.buffer, address, count * WIDTH),
];

/** By rows, and the same by columns. */
function readSparse(count: number): number[] {
  const listed = (starts: number, entries: number, lists: number, across: number): number[] => {
    const values = new Array<number>(lists * across).fill(0);
    const start = new Uint32Array(memory.buffer, arena + starts, lists + 1);
    const entry = new DataView(memory.buffer, arena + entries);
    for (let list = 0; list < lists; list++) {
      for (let at = start[list]!; at < start[list + 1]!; at++) {
        values[list * across + entry.getUint32(8 * at, true)] = entry.getFloat32(8 * at + 4, true);
      }
    }
    return values;
  };
  const byRows = listed(samples.rowStartsOffset, samples.rowEntriesOffset, count, WIDTH);
  const byColumns = listed(samples.columnStartsOffset, samples.columnEntriesOffset, WIDTH, count);
  const turned = byRows.map((_, i) => byColumns[(i % WIDTH) * count + Math.floor(i / WIDTH)]);
  expect(turned).toEqual(byRows);
  return byRows;
}

const FORMS: Readonly<Record<string, Case>> = {
  'dense, of bytes': {
    form: new DenseBytes(kernels, dense, WIDTH, DIVISOR),
    Values: Uint8Array,
    read: readDense(dense),
    isSparse: false,
  },
  'dense, of floats': {
    form: new DenseFloats(),
    Values: Float32Array,
    read: readDense(rows),
    isSparse: false,
  },
  'sparse, of bytes': {
    form: new SparseBytes(kernels, arena, samples, DIVISOR, table),
    Values: Uint8Array,
    read: readSparse,
    isSparse: true,
  },
  'sparse, of floats': {
    form: new SparseFloats(kernels, arena, samples),
    Values: Float32Array,
    read: readSparse,
    isSparse: true,
  },
};

describe.each(Object.keys(FORMS))('%s', (name) => {
  const { form, Values, read, isSparse } = FORMS[name]!;

  /** Puts rows whose every `every`-th value is not zero. */
  function put(count: number, every: number): { suits: boolean; expected: number[] } {
    const given = Array.from({ length: count * WIDTH }, (_, i) => (i % every ? 0 : 1 + (i % 5)));
    new Values(memory.buffer, rows, given.length).set(given);
    const divisor = Values === Uint8Array ? DIVISOR : 1;
    return { suits: form.put(rows, count), expected: given.map((x) => Math.fround(x / divisor)) };
  }

  test('gives back what was put, none and other rows included', () => {
    for (const count of [ROWS, 0, 3, 1]) {
      const { suits, expected } = put(count, 4);
      expect(suits).toBe(true);
      expect(read(count)).toEqual(expected);
    }
  });

  test(isSparse ? 'says that dense samples do not suit' : 'suits any samples', () => {
    const { suits, expected } = put(ROWS, 1);
    expect(suits).toBe(!isSparse);
    if (suits) expect(read(ROWS)).toEqual(expected);
  });
});

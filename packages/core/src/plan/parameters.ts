// Where each parameter lies in the flat vector, and the conversion between the exported (PyTorch) layout
// and the stored one. Parameters follow each other in declaration order, each on a 16-byte boundary; the
// floats between them are zero and stay zero.
import { ShapeError } from '../errors.js';
import { buffersOf, type Graph, type GraphParameter } from '../graph/graph.js';
import { formatShape, product } from '../shape.js';

export interface ParameterSlot {
  readonly name: string;
  /** The exported shape. */
  readonly shape: readonly number[];
  readonly size: number;
  /** First float in the flat vector. */
  readonly offset: number;
  /** Stored as [columns, rows] of the exported [rows, columns]. */
  readonly transposed: boolean;
}

export interface ParameterLayout {
  readonly slots: readonly ParameterSlot[];
  /** Length of the flat vector in floats, a multiple of 4. */
  readonly length: number;
}

export function layOutParameters(
  parameters: readonly GraphParameter[],
  transposed: readonly boolean[],
): ParameterLayout {
  let offset = 0;
  const slots = parameters.map(({ name, shape }, index) => {
    const slot = { name, shape, size: product(shape), offset, transposed: transposed[index]! };
    offset += Math.ceil(slot.size / 4) * 4;
    return slot;
  });
  return { slots, length: offset };
}

export function layOutBuffers(graph: Pick<Graph, 'buffers'>): ParameterLayout {
  const buffers = buffersOf(graph);
  return layOutParameters(
    buffers,
    buffers.map(() => false),
  );
}

/** Number of parameters, without the floats between them. */
export function parameterCount(layout: ParameterLayout): number {
  return layout.slots.reduce((count, { size }) => count + size, 0);
}

/** Copies one parameter out of a flat vector, in its exported layout. */
export function exportParameter(slot: ParameterSlot, flat: Float32Array): Float32Array {
  const stored = flat.subarray(slot.offset, slot.offset + slot.size);
  const exported = new Float32Array(slot.size);
  const [rows, columns] = slot.shape as [number, number];
  if (slot.transposed) transposeInto(exported, stored, columns, rows);
  else exported.set(stored);
  return exported;
}

/**
 * Copies one parameter, given in its exported layout, into a flat vector.
 *
 * @throws ShapeError if `values` has another number of elements
 */
export function importParameter(
  slot: ParameterSlot,
  flat: Float32Array,
  values: Float32Array,
): void {
  if (values.length !== slot.size) {
    throw new ShapeError(
      `parameters: "${slot.name}" is ${formatShape(slot.shape)} (${slot.size} values), got ${values.length}`,
    );
  }
  const stored = flat.subarray(slot.offset, slot.offset + slot.size);
  const [rows, columns] = slot.shape as [number, number];
  if (slot.transposed) transposeInto(stored, values, rows, columns);
  else stored.set(values);
}

/** Floats of a cache line: a square of so many lines stays in the cache while it is written across them. */
const TILE = 16;

/** Square by square: row by row, each write meets another cache line, and millions of values take two to three times as long. */
function transposeInto(to: Float32Array, from: Float32Array, rows: number, columns: number): void {
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(top + TILE, rows);
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(left + TILE, columns);
      for (let c = left; c < right; c++) {
        for (let r = top; r < bottom; r++) to[c * rows + r] = from[r * columns + c]!;
      }
    }
  }
}

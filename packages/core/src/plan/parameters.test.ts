import { expect, it } from 'vitest';
import { exportParameter, importParameter, layOutParameters } from './parameters.js';

/** Around the size of the squares in which a matrix is turned. */
const SIZES = [1, 2, 15, 16, 17, 33];

it('a matrix that is stored transposed comes out as it went in, whatever its size', () => {
  const shapes = SIZES.flatMap((rows) => SIZES.map((columns) => [rows, columns] as const));
  const layout = layOutParameters(
    shapes.map((shape) => ({ name: String(shape), shape: [...shape], init: { kind: 'zeros' } })),
    shapes.map(() => true),
  );
  const flat = new Float32Array(layout.length);
  for (const [i, [rows, columns]] of shapes.entries()) {
    const slot = layout.slots[i]!;
    const values = Float32Array.from({ length: rows * columns }, (_, at) => 1 + at);
    importParameter(slot, flat, values);
    const stored = flat.subarray(slot.offset, slot.offset + slot.size);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) expect(stored[c * rows + r]).toBe(values[r * columns + c]);
    }
    expect(exportParameter(slot, flat)).toEqual(values);
  }
});

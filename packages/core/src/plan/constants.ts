// Where a graph's constants lie: one after the other, in a region that is filled in once and only read. All programs
// of a graph, whatever was derived of it, read the same.
import type { GraphConstant } from '../graph/graph.js';

/** Floats of a 16-byte boundary, on which each begins. */
const ALIGNMENT = 4;

export interface ConstantLayout {
  /** Of each constant, in floats. */
  readonly offsets: readonly number[];
  readonly floats: number;
}

export function layOutConstants(constants: readonly GraphConstant[] = []): ConstantLayout {
  let floats = 0;
  const offsets = constants.map(({ values }) => {
    const offset = floats;
    floats += Math.ceil(values.length / ALIGNMENT) * ALIGNMENT;
    return offset;
  });
  return { offsets, floats };
}

/** What the region is filled with. */
export function constantValues(constants: readonly GraphConstant[] = []): Float32Array {
  const { offsets, floats } = layOutConstants(constants);
  const region = new Float32Array(floats);
  for (const [index, { values }] of constants.entries()) region.set(values, offsets[index]);
  return region;
}

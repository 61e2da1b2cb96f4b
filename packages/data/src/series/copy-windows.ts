// Stretches of a list of steps, one a sample, as datasets hold them: one behind the other in shared memory.
// Each value is copied as often as there are windows that hold it, and no more: windows that do not overlap copy it once.
import { sharedFloat32, sharedInt32, sharedUint8 } from '../shared.js';

type Steps = Uint8Array | Int32Array | Float32Array;

/** Which stretches: window i has the steps [first + i × stride, … + length). All lie within the steps. */
export interface WindowPlan {
  readonly windows: number;
  readonly first: number;
  readonly length: number;
  readonly stride: number;
  /** Values of a step. */
  readonly width: number;
}

/** @returns [windows, length × width] of the same type */
export function copyWindows<T extends Steps>(steps: T, plan: WindowPlan): T;
export function copyWindows(steps: Steps, plan: WindowPlan): Steps {
  const { windows, first, length, stride, width } = plan;
  const size = length * width;
  const copies =
    steps instanceof Uint8Array
      ? sharedUint8(windows * size)
      : steps instanceof Int32Array
        ? sharedInt32(windows * size)
        : sharedFloat32(windows * size);
  for (let i = 0; i < windows; i++) {
    const start = (first + i * stride) * width;
    copies.set(steps.subarray(start, start + size), i * size);
  }
  return copies;
}

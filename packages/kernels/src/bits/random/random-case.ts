// What a random case is of: a draw of a kernel's arguments. They lie by subject in cases/, as the contract does; a kernel
// without one does not compile.
import type { KernelName, Kernels } from '../../contract/kernels.js';
import type { Draw } from './draw.js';

/** One for each kernel of a part of the contract. */
export type RandomCases<Part> = {
  readonly [Name in keyof Part & KernelName]: (draw: Draw) => Parameters<Kernels[Name]>;
};

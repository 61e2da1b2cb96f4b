// What a random case is of: a draw of a kernel's arguments. They lie by subject in cases/, as the contract does; a kernel
// without one does not compile.
import type { Kernels } from '../../contract/kernels.js';
import type { Draw } from './draw.js';

type Named = Omit<Required<Kernels>, 'sequence'>;

/** One for each kernel of a part of the contract. */
export type RandomCases<Part> = {
  readonly [Name in keyof Part & keyof Named]: (draw: Draw) => Parameters<Named[Name]>;
};

// The test that a backend passes to bear the name of an arithmetic.
export { differingKernels, digestBits } from './digest-bits.js';
export { firstDifference } from './self-test.js';

// The kernels: a contract, and one embedded WebAssembly module that every thread and every browser runs alike.
export { type Backend, heapBase } from './backend.js';
export {
  type ConvolutionSizes,
  convolveScratch,
  convolveTransposedScratch,
  convolveWeightsScratch,
} from './contract/convolution-scratch.js';
export type {
  CopyRows,
  KernelName,
  KernelSignatures,
  Kernels,
  KnownCall,
  RowSource,
  ScalarsOf,
  Sequence,
  UpdateKernel,
} from './contract/kernels.js';
export { scalarNames } from './kernels.generated.js';
export { callOneByOne, sequenceOf } from './sequence.js';
export { KernelMemoryError, wasm } from './wasm.js';

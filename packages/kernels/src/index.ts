// The kernels: one embedded WebAssembly module that every thread and every browser runs alike.
export type { Kernels } from './kernels.js';
export {
  createMemory,
  heapBase,
  instantiateKernels,
  KernelMemoryError,
  kernelHash,
  kernelModule,
} from './module.js';

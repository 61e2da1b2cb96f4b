// The same arithmetic as the WebAssembly kernels, compiled from C with the processor's widest registers. It may be absent.
import { type Backend, wasm } from '@lockstep/kernels';
import { nativeKernels } from './calls.js';
import { loadNative, NativeError } from './module.js';

export { loadNative, NativeError, type NativeModule } from './module.js';

/** @param lanes some of the module's */
export function nativeBackend(lanes: number): Backend {
  const loaded = loadNative();
  if ('reason' in loaded) throw new NativeError(`native kernels: ${loaded.reason}`);
  return {
    name: `native-${lanes}`,
    arithmetic: wasm.arithmetic,
    hash: wasm.hash,
    createMemory: wasm.createMemory,
    kernels: (memory) => nativeKernels(loaded.module, lanes, memory),
  };
}

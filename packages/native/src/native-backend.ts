// The compiled kernels of one width as a backend.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Backend, wasm } from '@lockstep/kernels';
import { nativeKernels } from './calls.js';
import { loadNative, NativeError, nativeFile } from './module.js';

let hash: string | undefined;

/** Of the file, when somebody asks: threads never do, and it takes as long as their start. */
function moduleHash(): string {
  hash ??= createHash('sha256').update(readFileSync(nativeFile()!)).digest('hex');
  return hash;
}

/**
 * @param lanes one of the module's numbers
 * @throws NativeError if this machine has no compiled kernels, or none so wide
 */
export function nativeBackend(lanes: number): Backend {
  const { module, reason } = loadNative();
  if (!module) throw new NativeError(`native kernels: ${reason}`);
  if (!module.lanes.includes(lanes)) {
    throw new NativeError(
      `native kernels: ${lanes} lanes; this machine has them of ${module.lanes.join(', ') || 'no width'}`,
    );
  }
  return {
    name: `native-${lanes}`,
    arithmetic: wasm.arithmetic,
    get hash() {
      return moduleHash();
    },
    module: new URL(`./backend-${lanes}.js`, import.meta.url).href,
    createMemory(bytes) {
      const memory = wasm.createMemory(bytes);
      module.preferLargePages(new Uint8Array(memory.buffer));
      return memory;
    },
    kernels: (memory) => nativeKernels(module, lanes, memory),
  };
}

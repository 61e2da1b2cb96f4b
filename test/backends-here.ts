// The backends of the arithmetic that this machine has, as options of a run: WebAssembly, and the compiled kernels of each width
// that the processor has. Where nothing was compiled, there is but one.
import { loadNative, nativeBackend } from '@lockstep/native';
import type { BackendOptions } from '@lockstep/trainer';

const lanes = loadNative().module?.lanes ?? [];

export const BACKENDS: readonly (readonly [string, BackendOptions])[] = [
  ['wasm', { kernels: 'wasm' }],
  ...lanes.map((width) => {
    const backend = nativeBackend(width);
    return [backend.name, { backend }] as const;
  }),
];

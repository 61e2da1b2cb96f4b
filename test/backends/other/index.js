// A backend that gives other bits: another kernel for tanh, and so an arithmetic of its own. It says so by its name.
import { wasm } from '@lockstep/kernels';

/** @type {import('@lockstep/kernels').Backend} */
const other = {
  name: 'other',
  arithmetic: 'other-1',
  hash: '3'.repeat(64),
  module: import.meta.url,
  createMemory: (bytes) => wasm.createMemory(bytes),
  kernels(memory) {
    const kernels = wasm.kernels(memory);
    return {
      ...kernels,
      /** By way of e^2a, which rounds otherwise. */
      tanh(out, a, n) {
        const [y, x] = [
          new Float32Array(memory.buffer, out, n),
          new Float32Array(memory.buffer, a, n),
        ];
        for (let i = 0; i < n; i++) y[i] = 1 - 2 / (Math.exp(2 * x[i]) + 1);
      },
    };
  },
};

export default other;

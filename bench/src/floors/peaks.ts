// The arithmetic peaks of one core, by the kernels whose registers they are of: multiplications and additions in vectors of 4
// floats for WebAssembly, and of each width that the compiled kernels have.
import { loadNative } from '@lockstep/native';
import { fastestPeakKernel, gflops } from './peak.js';

export interface Peak {
  /** As a run names them: `wasm`, `native-16`. */
  readonly kernels: string;
  /** Floats of a register. */
  readonly lanes: number;
  /** Thousand million operations a second, over some ten milliseconds. */
  measure(): number;
}

/** A turn of the compiled loop is a tenth of WebAssembly's or less. */
const [WASM_TURNS, NATIVE_TURNS] = [2_000_000, 10_000_000];
const QUICK_TURNS = 1000;

/** @param lanes of the compiled kernels that are measured */
export function peaksOf(lanes: readonly number[], quick: boolean): Peak[] {
  const kernel = fastestPeakKernel(quick ? 1 : 50);
  const wasm: Peak = {
    kernels: 'wasm',
    lanes: 4,
    measure: () => gflops(kernel, quick ? QUICK_TURNS : WASM_TURNS),
  };
  const { module } = loadNative();
  const native = lanes.map((width) => ({
    kernels: `native-${width}`,
    lanes: width,
    measure: () => {
      const begun = performance.now();
      const operations = module!.peak(width, quick ? QUICK_TURNS : NATIVE_TURNS);
      return operations / (performance.now() - begun) / 1e6;
    },
  }));
  return [wasm, ...native];
}

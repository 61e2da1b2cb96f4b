// The dense matrix product of the wide network, alone, over the arithmetic peak of the same core measured in
// the same rounds.
import { heapBase, wasm } from '@lockstep/kernels';
import { fastestPeakKernel, gflops } from '../floors/peak.js';
import type { Settings } from '../settings.js';
import { pairedRatio, type Summary, summarize } from '../statistics.js';

export interface ProductResult {
  readonly shape: string;
  /** Thousand million operations a second. */
  readonly gflops: Summary;
  readonly peakGflops: Summary;
  readonly share: Summary;
  readonly atLeast: number;
}

const AT_LEAST = 0.85;
const [M, K, P] = [256, 1024, 1024];

export function measureProduct({ smoke, rounds }: Settings): ProductResult {
  const [m, k, p] = smoke ? [16, 64, 64] : [M, K, P];
  const a = Math.ceil(heapBase / 64) * 64;
  const b = a + 4 * m * k;
  const out = b + 4 * k * p;
  const panels = out + 4 * m * p;
  const memory = wasm.createMemory(panels + 4 * k * p);
  const kernels = wasm.kernels(memory);
  const numbers = new Float32Array(memory.buffer, a, m * k + k * p);
  for (let i = 0; i < numbers.length; i++) numbers[i] = ((i % 251) - 125) / 251;
  // As the engine multiplies: a wide weight is packed once a step. The packing is counted.
  const product = (): void => {
    kernels.packPanels(panels, b, k, p);
    kernels.matmul(out, a, b, m, p, k, k, 1, 1, 0, 0, panels);
  };
  const times = smoke ? 2 : 20;
  const productGflops = (): number => {
    const begun = performance.now();
    for (let i = 0; i < times; i++) product();
    return (2 * m * k * p * times) / (performance.now() - begun) / 1e6;
  };
  const peak = fastestPeakKernel(smoke ? 1 : 50);
  for (let i = 0; i < times; i++) product();
  const [ours, peaks]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ours.push(productGflops());
    peaks.push(gflops(peak, smoke ? 1000 : 2_000_000));
  }
  return {
    shape: `${m}×${k}×${p}`,
    gflops: summarize(ours),
    peakGflops: summarize(peaks),
    share: pairedRatio(ours, peaks),
    atLeast: AT_LEAST,
  };
}

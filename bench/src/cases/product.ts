// The dense matrix product of the wide network, alone, with each kind of kernels over the arithmetic peak of the same core in
// registers of the same width, measured in the same rounds.
import { type Backend, heapBase, wasm } from '@lockstep/kernels';
import { nativeBackend } from '@lockstep/native';
import { type Peak, peaksOf } from '../floors/peaks.js';
import type { Kernels, MeasuredKernels } from '../kernels.js';
import type { Settings } from '../settings.js';
import { pairedRatio, type Summary, summarize } from '../statistics.js';

export interface ProductRow {
  readonly kind: Kernels;
  readonly kernels: string;
  readonly lanes: number;
  /** Thousand million operations a second. */
  readonly gflops: Summary;
  readonly peakGflops: Summary;
  readonly share: Summary;
  readonly atLeast: number;
}

export interface ProductResult {
  readonly shape: string;
  readonly rows: readonly ProductRow[];
}

const AT_LEAST: Readonly<Record<Kernels, number>> = { wasm: 0.9, native: 0.85 };
const [M, K, P] = [256, 1024, 1024];
const [SMALL_M, SMALL_K, SMALL_P] = [16, 64, 64];

interface Measured {
  readonly kind: Kernels;
  readonly peak: Peak;
  /** Operations a second of the product. */
  readonly product: () => number;
  readonly rates: number[];
  readonly peaks: number[];
}

export function measureProduct(
  { kinds, lanes }: MeasuredKernels,
  { smoke, rounds }: Settings,
): ProductResult {
  const [m, k, p] = smoke ? [SMALL_M, SMALL_K, SMALL_P] : [M, K, P];
  const times = smoke ? 2 : 20;
  const measured = peaksOf(lanes, smoke).flatMap((peak): Measured[] => {
    const kind = peak.kernels === 'wasm' ? 'wasm' : 'native';
    if (!kinds.includes(kind)) return [];
    const backend = kind === 'wasm' ? wasm : nativeBackend(peak.lanes);
    const product = productOf(backend, [m, k, p], times);
    return [{ kind, peak, product, rates: [], peaks: [] }];
  });
  for (const { product } of measured) product();
  for (let round = 0; round < rounds; round++) {
    for (const { peak, product, rates, peaks } of measured) {
      rates.push(product());
      peaks.push(peak.measure());
    }
  }
  return {
    shape: `${m}×${k}×${p}`,
    rows: measured.map(({ kind, peak: { kernels, lanes: width }, rates, peaks }) => ({
      ...{ kind, kernels, lanes: width },
      gflops: summarize(rates),
      peakGflops: summarize(peaks),
      share: pairedRatio(rates, peaks),
      atLeast: AT_LEAST[kind],
    })),
  };
}

/** @returns what makes so many products, and tells their rate */
function productOf(
  backend: Backend,
  [m, k, p]: readonly [number, number, number],
  times: number,
): () => number {
  const a = Math.ceil(heapBase / 64) * 64;
  const b = a + 4 * m * k;
  const out = b + 4 * k * p;
  const panels = out + 4 * m * p;
  const memory = backend.createMemory(panels + 4 * k * p);
  const kernels = backend.kernels(memory);
  const numbers = new Float32Array(memory.buffer, a, m * k + k * p);
  for (let i = 0; i < numbers.length; i++) numbers[i] = ((i % 251) - 125) / 251;
  return () => {
    const begun = performance.now();
    for (let i = 0; i < times; i++) {
      // As the engine multiplies: a wide weight is packed once a step. The packing is counted.
      kernels.packPanels(panels, b, k, p);
      kernels.matmul(out, a, b, m, p, k, k, 1, 1, 0, 0, panels);
    }
    return (2 * m * k * p * times) / (performance.now() - begun) / 1e6;
  };
}

import type { Kernels } from '../src/kernels.js';

export interface Measured {
  maxUlp: number;
  worst: number;
  inexact: number;
  tried: number;
}
export interface MeasuredFunction {
  oracle(x: number): number;
  /** @param zeros the address of as many zeros */
  run(kernels: Kernels, out: number, x: number, n: number, zeros: number): void;
  floats: [first: number, last: number];
}
export const functions: Record<string, MeasuredFunction>;
export function erf(x: number): number;
export function erfc(x: number): number;
export function geluSlope(x: number): number;
export function measure(
  kernels: Kernels,
  memory: WebAssembly.Memory,
  heapBase: number,
  name: string,
  range: { first: number; last: number; stride: number },
): Measured;

// A thread of the floors: copies its own buffers, or crosses a barrier, for a while, on command.
import { parentPort, workerData } from 'node:worker_threads';
import { Barrier } from '@lockstep/collective';

export interface FloorTask {
  readonly kind: 'copy' | 'barrier';
  readonly threads: number;
  /** BARRIER_WORDS words, for the start of a measurement. */
  readonly start: Int32Array;
  /** BARRIER_WORDS words, for the barrier that is measured. */
  readonly measured: Int32Array;
  /** copy: of the source and of the destination, of this thread. */
  readonly bytes: number;
  /** Copies, or crossings. */
  readonly times: number;
}

/** @returns seconds */
function measure({ kind, threads, start, measured, bytes, times }: FloorTask): number {
  const together = new Barrier(start, threads);
  if (kind === 'barrier') {
    const barrier = new Barrier(measured, threads);
    for (let i = 0; i < 20_000; i++) barrier.wait();
    together.wait();
    const begun = performance.now();
    for (let i = 0; i < times; i++) barrier.wait();
    return (performance.now() - begun) / 1000;
  }
  const from = new Float32Array(bytes / 4).fill(1);
  const to = new Float32Array(bytes / 4).fill(2);
  together.wait();
  const begun = performance.now();
  for (let i = 0; i < times; i++) to.set(from);
  return (performance.now() - begun) / 1000;
}

parentPort!.postMessage(measure(workerData as FloorTask));

// What the machine could do at best: the arithmetic peaks of a core, the rate of copying at several sizes, the
// cost of a barrier. Measured in the same run as the cases, because a shared machine is not the same twice.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { BARRIER_WORDS } from '@lockstep/collective';
import { median, type Summary, summarize } from '../statistics.js';
import { peaksOf } from './peaks.js';
import type { FloorTask } from './thread.js';

export interface CopyRate {
  /** Source and destination together, over all threads. */
  readonly bytes: number;
  /** Bytes read and written, in thousand million a second. */
  readonly gigabytesPerSecond: number;
}

export interface PeakRate {
  /** As a run names them: `wasm`, `native-16`. */
  readonly kernels: string;
  /** Floats of a register. */
  readonly lanes: number;
  /** Thousand million operations a second. */
  readonly gflops: Summary;
}

export interface Floors {
  /** One core's multiplications and additions; the floor is the maximum. */
  readonly peaks: readonly PeakRate[];
  /** By threads: rates at growing sizes. */
  readonly copy: Readonly<Record<number, readonly CopyRate[]>>;
  /** By threads: µs of one crossing. */
  readonly barrierMicroseconds: Readonly<Record<number, number>>;
}

const KIB = 1024;
const COPY_BYTES = [256 * KIB, 1024 * KIB, 4096 * KIB, 16_384 * KIB, 131_072 * KIB];
const REPEATS = 3;

async function onThreads(task: Omit<FloorTask, 'start' | 'measured'>): Promise<number> {
  const words = (): Int32Array => new Int32Array(new SharedArrayBuffer(4 * BARRIER_WORDS));
  const workerData: FloorTask = { ...task, start: words(), measured: words() };
  const seconds = Array.from(
    { length: task.threads },
    () =>
      new Promise<number>((resolve, reject) => {
        const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData });
        worker.once('message', resolve);
        worker.once('error', reject);
      }),
  );
  return Math.max(...(await Promise.all(seconds)));
}

async function copyRates(threads: number, quick: boolean): Promise<CopyRate[]> {
  const rates: CopyRate[] = [];
  for (const bytes of quick ? COPY_BYTES.slice(0, 1) : COPY_BYTES) {
    const times = Math.max(3, Math.ceil((quick ? 2e7 : 1e9) / bytes));
    const own = Math.floor(bytes / 2 / threads / 16) * 16;
    const seconds: number[] = [];
    for (let i = 0; i < (quick ? 1 : REPEATS); i++) {
      seconds.push(await onThreads({ kind: 'copy', threads, bytes: own, times }));
    }
    const moved = 2 * own * threads * times;
    rates.push({ bytes, gigabytesPerSecond: moved / Math.min(...seconds) / 1e9 });
  }
  return rates;
}

/** @param lanes of the compiled kernels that are measured */
export async function measureFloors(lanes: readonly number[], quick: boolean): Promise<Floors> {
  const peaks = peaksOf(lanes, quick).map(({ kernels, lanes: width, measure }) => ({
    ...{ kernels, lanes: width },
    gflops: summarize(Array.from({ length: quick ? 2 : 9 }, measure)),
  }));
  const cores = availableParallelism();
  const counts = cores > 1 ? [1, cores] : [1];
  const copy: Record<number, CopyRate[]> = {};
  const barrier: Record<number, number> = {};
  for (const threads of counts) {
    copy[threads] = await copyRates(threads, quick);
    const times = quick ? 100 : 100_000;
    const seconds: number[] = [];
    for (let i = 0; i < (quick ? 1 : REPEATS); i++) {
      seconds.push(await onThreads({ kind: 'barrier', threads, bytes: 0, times }));
    }
    barrier[threads] = (1e6 * median(seconds)) / times;
  }
  return { peaks, copy, barrierMicroseconds: barrier };
}

// How our cost grows, one dimension at a time: threads, shards, batch, hidden size. And the memory it takes:
// the run's shared memory, the arenas in it, and the whole process at its largest.
import { join } from 'node:path';
import { Contender } from '../contender.js';
import { type Contenders, threadCounts } from '../contenders.js';
import { writeData } from '../data-files.js';
import type { Kernels } from '../kernels.js';
import type { Settings } from '../settings.js';
import { median } from '../statistics.js';
import { tutorial, type Work } from '../work.js';

export interface ScalingRow {
  /** What is varied. */
  readonly axis: 'threads' | 'shards' | 'batch' | 'hidden';
  readonly value: number;
  readonly threads: number;
  /** Which of ours: the quickest that are measured. */
  readonly kernels: Kernels;
  readonly about: string;
  readonly samplesPerSecond: number;
  readonly memoryBytes: number;
  /** Of one thread. */
  readonly arenaBytes: number;
  readonly peakBytes: number | undefined;
}

interface Point {
  readonly axis: ScalingRow['axis'];
  readonly value: number;
  readonly work: Work;
  readonly threads: number;
  readonly shards?: number;
}

const SAMPLES = 16_384;
const SLICES = 3;
const SMOKE_SAMPLES = 1024;

function hidden(size: number): Work {
  return { ...tutorial(256), layers: [784, size, size, 10] };
}

function points(cores: number, smoke: boolean): Point[] {
  const all: Point[] = [
    ...threadCounts(cores).map(
      (threads) => ({ axis: 'threads', value: threads, work: tutorial(1024), threads }) as const,
    ),
    ...[1, 2, 4, 8, 16, 32, 64].map(
      (shards) =>
        ({ axis: 'shards', value: shards, work: tutorial(1024), threads: cores, shards }) as const,
    ),
    ...[16, 64, 256, 1024, 4096].map(
      (batch) => ({ axis: 'batch', value: batch, work: tutorial(batch), threads: cores }) as const,
    ),
    ...[32, 64, 128, 256, 512, 1024].map(
      (size) => ({ axis: 'hidden', value: size, work: hidden(size), threads: cores }) as const,
    ),
  ];
  return smoke ? all.filter(({ axis, value }) => axis === 'shards' && value === 4) : all;
}

export async function measureScaling(
  who: Contenders,
  settings: Settings,
  folder: string,
  progress: (line: string) => void,
): Promise<ScalingRow[]> {
  const place = join(folder, 'scaling');
  const rows: ScalingRow[] = [];
  for (const { axis, value, work, threads, shards } of points(who.cores, settings.smoke)) {
    progress(`scaling: ${axis} ${value}`);
    const samples = settings.smoke ? SMOKE_SAMPLES : SAMPLES;
    const { data } = await writeData(place, 'mnist', work, samples);
    const { launch, kernels } = who.lockstepAtBest(threads);
    const contender = new Contender(`lockstep, ${axis} ${value}`, launch);
    try {
      const assignment = { work, data, threads, ...(shards !== undefined && { shards }) };
      const prepared = await contender.ask({ do: 'prepare', assignment });
      const rates: number[] = [];
      let steps = 1;
      for (let slice = 0; slice <= SLICES; slice++) {
        const ran = await contender.ask({ do: 'run', steps });
        steps = Math.max(1, (settings.sliceSeconds / ran.seconds) * ran.steps);
        // The first slice starts the threads and warms them.
        if (slice > 0) rates.push((ran.steps * work.batchSize) / ran.seconds);
      }
      rows.push({
        axis,
        value,
        threads,
        kernels: kernels!,
        about: prepared.about,
        samplesPerSecond: median(rates),
        memoryBytes: prepared.memoryBytes!,
        arenaBytes: prepared.arenaBytes!,
        peakBytes: await contender.close(),
      });
    } catch (error) {
      await contender.close();
      throw error;
    }
  }
  return rows;
}

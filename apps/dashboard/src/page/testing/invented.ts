// Runs that never were, as a server tells of them: for tests, and for looking at the page. The same numbers each time.
import type { ClusterEvent } from '@lockstep/trainer';
import type { LaneSample, Message, RunInfo, Sample, WorkerSample } from '../../contract.js';

export interface InventedRun {
  readonly info: RunInfo;
  readonly events: readonly ClusterEvent[];
  readonly samples: readonly Sample[];
}

export interface Invention {
  readonly id: string;
  readonly workers?: readonly string[];
  readonly threads?: number;
  readonly isLive?: boolean;
  readonly samples?: number;
  readonly learningRate?: number;
  /** Milliseconds since 1970 of its begin. */
  readonly begin?: number;
}

const STEPS_OF_AN_EPOCH = 938;
const EPOCHS = 5;
const MS_OF_A_SAMPLE = 100;
const STEPS_OF_A_SAMPLE = 10;

export function invent(invention: Invention): InventedRun {
  const { id, workers = [], threads = 2, isLive = false, learningRate = 0.001 } = invention;
  const begin = invention.begin ?? Date.UTC(2026, 5, 1, 9, 30);
  const noise = noiseOf(id);
  const count = invention.samples ?? 300;
  const samples = Array.from({ length: count }, (_, i) =>
    inventSample({
      at: begin + (i + 1) * MS_OF_A_SAMPLE,
      i,
      workers,
      threads,
      learningRate,
      noise,
    }),
  );
  return {
    info: inventInfo(id, workers.length > 0, isLive, learningRate),
    events: inventEvents(begin, samples, workers, isLive, floorOf(learningRate)),
    samples,
  };
}

/** What a server says first. */
export function messagesOf(runs: readonly InventedRun[]): Message[] {
  return [
    { type: 'runs', runs: runs.map(({ info }) => info) },
    ...runs.map(
      ({ info, events, samples }): Message => ({ type: 'history', run: info.id, events, samples }),
    ),
  ];
}

function inventInfo(
  id: string,
  isCluster: boolean,
  isLive: boolean,
  learningRate: number,
): RunInfo {
  return {
    id,
    name: id,
    folder: `runs/${id}`,
    command: isCluster ? 'coordinator' : 'train',
    isLive,
    can: { stop: isLive, checkpoint: isLive, dropWorker: isLive && isCluster },
    config: {
      'dataset.name': 'mnist',
      'dataset.train': 60_000,
      model: 'mlp',
      hidden: '128,64',
      loss: 'cross-entropy',
      'optimizer.name': 'adam',
      'optimizer.learningRate': learningRate,
      batchSize: 64,
      epochs: EPOCHS,
      seed: 0,
      shards: 4,
      'stop.patience': null,
      shuffle: true,
    },
    datasets: [
      {
        name: 'test',
        samples: 10_000,
        inputShape: [1, 28, 28],
        inputType: 'uint8',
        inputDivisor: 255,
        targetShape: [],
        classes: 10,
        classNames: null,
        vocabulary: null,
      },
    ],
  };
}

interface SampleParts {
  readonly at: number;
  readonly i: number;
  readonly workers: readonly string[];
  readonly threads: number;
  readonly learningRate: number;
  readonly noise: () => number;
}

export function inventSample(parts: SampleParts): Sample {
  const { at, i, workers, threads, learningRate, noise } = parts;
  const step = (i + 1) * STEPS_OF_A_SAMPLE;
  const names = workers.length > 0 ? workers : ['this machine'];
  return {
    at,
    ms: MS_OF_A_SAMPLE,
    step,
    steps: EPOCHS * STEPS_OF_AN_EPOCH,
    epoch: 1 + Math.floor(step / STEPS_OF_AN_EPOCH),
    loss: floorOf(learningRate) + (2.2 * 200) / (step + 200) + 0.1 * noise(),
    learningRate: learningRate * Math.min(1, step / 300),
    gradientNorm: 0.4 + 2 / (1 + step / 400) + 0.3 * noise(),
    weightNorm: 12 + Math.log1p(step / 500),
    samplesPerSecond: 64_000 + 4000 * noise(),
    secondsLeft: Math.max(0, ((EPOCHS * STEPS_OF_AN_EPOCH - step) / STEPS_OF_A_SAMPLE) * 0.1),
    lanes: names.flatMap((worker) => lanesOf(worker, threads, i, noise)),
    workers: workers.map((name, rank) => workerOf(name, rank, threads, noise)),
  };
}

/** What the loss comes down to: too fast and too slow are worse. */
function floorOf(learningRate: number): number {
  return 0.12 + 0.12 * Math.abs(Math.log10(learningRate / 0.001));
}

function lanesOf(worker: string, threads: number, i: number, noise: () => number): LaneSample[] {
  const lane = (thread: number | null): LaneSample => {
    const computing = 62 + 12 * noise();
    const sending = thread === null ? 10 + 3 * noise() : 0;
    // A stretch in which steps are redone, and one of evaluation.
    const redoing = i % 120 > 112 ? 15 : 0;
    const evaluating = i % 94 > 88 ? 50 : 0;
    const busy = computing + sending + redoing;
    const scale = busy + evaluating > 100 ? (100 - evaluating) / busy : 1;
    return {
      worker,
      thread,
      spent: {
        computing: computing * scale,
        sending: sending * scale,
        redoing: redoing * scale,
        evaluating,
        waiting: Math.max(0, 100 - evaluating - busy * scale - (thread === 1 ? 6 : 0)),
        resting: thread === 1 && evaluating === 0 ? Math.max(0, Math.min(6, 100 - busy)) : 0,
      },
    };
  };
  return [lane(null), ...Array.from({ length: threads }, (_, thread) => lane(thread))];
}

function workerOf(name: string, rank: number, threads: number, noise: () => number): WorkerSample {
  return {
    name,
    threads,
    shards: { first: 4 * rank, end: 4 * rank + 4 },
    computeMs: 7.4 + noise(),
    sendMs: 1.2 + 0.2 * noise(),
    waitMs: 0.8 + 0.3 * noise(),
    roundTripMs: rank === 0 ? null : 0.4 + 0.1 * noise(),
    bytes: 48_000_000 * (rank + 1),
  };
}

function inventEvents(
  begin: number,
  samples: readonly Sample[],
  workers: readonly string[],
  isLive: boolean,
  floor: number,
): ClusterEvent[] {
  const timed = <E extends object>(at: number, event: E): E & { time: string } => ({
    time: new Date(at).toISOString(),
    ...event,
  });
  const events: ClusterEvent[] = [
    timed(begin, {
      event: 'run-start' as const,
      run: 'invented',
      dataset: { name: 'mnist', train: 60_000, test: 10_000, sha256: 'ab'.repeat(32) },
      parameters: 109_386,
      seed: 0,
      batchSize: 64,
      shards: 4,
      workers: Math.max(workers.length, 1),
      epochs: EPOCHS,
      step: 0,
      arithmetic: 'lockstep-1',
      kernels: 'wasm',
      engine: 'cd'.repeat(32),
    }),
    ...workers.map((name, rank) =>
      timed(begin + 200 * rank, {
        event: 'worker-joined' as const,
        ...{ name, threads: 2, generation: rank + 1, step: 0 },
      }),
    ),
  ];
  for (const { at, step } of samples) {
    if (workers.length > 1 && step === 1500) events.push(...lossOf(workers.at(-1)!, at, step));
    if (step % 940 !== 0) continue;
    events.push(epochEnd(at, step, floor));
    const path = `runs/invented/checkpoints/step-${step}.safetensors`;
    const digest = hashOf(step + 1);
    events.push(timed(at + 5, { event: 'checkpoint' as const, step, path, digest }));
  }
  const last = samples.at(-1);
  if (!isLive && last !== undefined) {
    events.push(
      timed(last.at, {
        event: 'run-end' as const,
        ...{ step: last.step, samples: last.step * 64, weightsHash: hashOf(last.step) },
        ...{ testLoss: 0.082, testAccuracy: 0.9746, metrics: { accuracy: 0.9746 } },
        ...{ stopped: 'epochs' as const, bestEpoch: null, seconds: 14.6 },
        ...{ samplesPerSecond: 64_210, out: 'runs/invented' },
      }),
    );
  }
  return events;
}

function lossOf(name: string, at: number, step: number): ClusterEvent[] {
  const time = (ms: number): string => new Date(at + ms).toISOString();
  const reason = 'silent for 5.0 s';
  return [
    { event: 'worker-lost', time: time(0), name, code: 'silent', reason, generation: 9, step },
    {
      event: 'generation',
      time: time(20),
      generation: 10,
      members: ['w0'],
      topology: 'mesh',
      step,
    },
    { event: 'recovered', time: time(184), step, ms: 184 },
  ];
}

function epochEnd(at: number, step: number, floor: number): ClusterEvent {
  const epoch = Math.round(step / 940);
  const testAccuracy = 1 - floor / 4 - 0.05 / epoch;
  const testLoss = floor + 0.12 / epoch;
  return {
    event: 'epoch-end',
    time: new Date(at).toISOString(),
    ...{
      epoch,
      step,
      samples: 60_000,
      trainLoss: floor + 0.3 / epoch,
      testLoss,
    },
    ...{ testAccuracy, metrics: { accuracy: testAccuracy, loss: testLoss } },
    ...{ seconds: 2.9, samplesPerSecond: 64_000, weightsHash: hashOf(step) },
  };
}

function hashOf(step: number): string {
  return step.toString(16).padStart(4, '0').repeat(16);
}

/** In [−1, 1), from a linear congruential generator that the name seeds. */
function noiseOf(name: string): () => number {
  let state = [...name].reduce((sum, character) => (sum * 31 + character.codePointAt(0)!) >>> 0, 7);
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

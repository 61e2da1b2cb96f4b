// What is right: small runs, trained by `fit` on one thread, with everything that a cluster could tell of them on the
// way - every step's state, every block of shards' sum - computed once by one undisturbed engine.

import { createHash } from 'node:crypto';
import {
  adam,
  crossEntropy,
  type Dataset,
  dropout,
  type FitOptions,
  fit,
  linear,
  type Model,
  parameterBytes,
  relu,
  sequential,
  sgd,
  tanh,
} from '@lockstep/core';
import {
  type Datasets,
  type EvaluatedDataset,
  encodeFlatState,
  evaluatedNames,
  initialState,
  metricNamed,
  planRun,
  type RunConfig,
  runConfig,
  type SumLayout,
} from '@lockstep/core/internal';
import { wasm } from '@lockstep/kernels';
import { Engine, InlineCompute, Judging } from '@lockstep/trainer';
import { alignedBlocks, type Range, samplesSeen } from '@lockstep/tree';
import { DatasetShelf } from '../../apps/coordinator/src/carry/dataset-shelf.js';
import { engineWeightsHash, stateDigest } from '../../apps/worker/src/carry/digests.js';

/** What is told of an epoch. */
export interface EpochTruth {
  readonly step: number;
  readonly trainLoss: number;
  readonly testLoss: number | null;
  readonly testAccuracy: number | null;
}

export interface Truth {
  readonly config: RunConfig;
  readonly datasets: Datasets;
  readonly shelf: DatasetShelf;
  /** The run's last, where its rule ends it. */
  readonly steps: number;
  /** That it would have without. */
  readonly plannedSteps: number;
  readonly judging: Judging;
  readonly bestEpoch: number | null;
  readonly stepsPerEpoch: number;
  readonly evaluated: readonly EvaluatedDataset[];
  readonly sums: SumLayout;
  readonly stateBytes: number;
  readonly vectorFloats: number;
  /** What each step starts from, up to the end of the run. */
  readonly states: readonly Uint8Array[];
  readonly digests: readonly string[];
  readonly weightsHashes: readonly string[];
  readonly epochLosses: readonly number[];
  /** From `fit`. */
  readonly epochs: readonly EpochTruth[];
  readonly finalHash: string;
  /** Of the weights that the run gives, by `fit`. */
  readonly resultHash: string;
  samplesAt(step: number): number;
  /** Bytes of the sums of the aligned blocks of a range, in order, of the floats [first, end). */
  blockSums(step: number, shards: Range, floats: Range): Buffer;
}

function points(samples: number): Dataset {
  const number = (i: number): number => (Math.imul(i + 1, 2654435761) >>> 8) / 2 ** 24 - 0.5;
  return {
    name: `points-${samples}`,
    samples,
    inputShape: [5],
    inputs: Float32Array.from({ length: 5 * samples }, (_, i) => number(i)),
    inputDivisor: 1,
    targetShape: [],
    targets: Int32Array.from({ length: samples }, (_, i) => Math.floor(3 * (number(7 * i) + 0.5))),
    classes: 3,
  };
}

const plain: Model = sequential(linear(5, 4), relu(), linear(4, 3));
const noisy: Model = sequential(linear(5, 6), tanh(), dropout(0.3), linear(6, 3));
const common = { loss: crossEntropy(), batchSize: 8 };

type ToyRun = FitOptions & { readonly data: Datasets };

const RUNS: readonly ToyRun[] = [
  // Without test data.
  {
    ...common,
    model: plain,
    data: { train: points(24) },
    optimizer: adam({ learningRate: 0.02 }),
    shards: 4,
    epochs: 4,
  },
  // Three chunks of test data; the last batch of an epoch has fewer samples than shards.
  {
    ...common,
    model: plain,
    data: { train: points(26), test: points(260) },
    optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
    shards: 8,
    epochs: 4,
  },
  // One chunk, dropout.
  {
    ...common,
    model: noisy,
    data: { train: points(24), test: points(70) },
    optimizer: adam({ learningRate: 0.01 }),
    shards: 8,
    epochs: 5,
  },
  // Ends by its rule before its last epoch, and gives the best one.
  {
    ...common,
    model: plain,
    data: { train: points(26), test: points(70) },
    optimizer: adam({ learningRate: 0.3 }),
    shards: 4,
    epochs: 12,
    patience: 2,
    keep: 'best',
  },
];

let made: Promise<readonly Truth[]> | undefined;

/** Of all the runs; made once. */
export function truths(): Promise<readonly Truth[]> {
  made ??= Promise.all(RUNS.map(tell));
  return made;
}

async function tell(options: ToyRun): Promise<Truth> {
  const { data: datasets } = options;
  const config = runConfig({ ...options, data: datasets.train }, 'fit', evaluatedNames(datasets));
  const { shards } = config;
  const result = fit(options);
  const engine = new Engine({
    config,
    backend: wasm,
    datasets,
    threads: 1,
    compute: (setting, place) => new InlineCompute(setting, place),
  });
  const plan = planRun(config, datasets, [{ first: 0, end: shards }]);
  const steps = result.epochs.at(-1)!.step;
  const start = initialState(config.graph, config.seed);
  const states: Uint8Array[] = [encodeFlatState(plan.state, 0, start)];
  const digests: string[] = [];
  const weightsHashes: string[] = [];
  const epochLosses: number[] = [];
  const exchange = await engine.assign({
    rank: 0,
    ranges: [{ first: 0, end: shards }],
    topology: 'alone',
  });
  engine.loadState(0, states[0]!);
  for (let step = 0; ; step++) {
    states[step] = engine.saveState();
    digests.push(stateDigest(engine));
    weightsHashes.push(engineWeightsHash(engine));
    epochLosses.push(engine.epochLoss);
    if (step === steps) break;
    await engine.compute();
    exchange.begin(step);
    await engine.advance(false);
  }
  const blocks = await blockSums(engine, shards, states);
  const count = engine.vectorFloats;
  const truth: Truth = {
    config,
    datasets,
    shelf: new DatasetShelf(datasets),
    steps,
    plannedSteps: engine.plan.steps,
    judging: new Judging({ config, metrics: [metricNamed('accuracy')!] }, plan),
    bestEpoch: result.bestEpoch,
    stepsPerEpoch: plan.stepsPerEpoch,
    evaluated: plan.evaluated,
    sums: plan.evaluation.sums,
    stateBytes: engine.stateBytes,
    vectorFloats: count,
    states,
    digests,
    weightsHashes,
    epochLosses,
    epochs: result.epochs,
    finalHash: weightsHashes.at(-1)!,
    resultHash: createHash('sha256').update(parameterBytes(result.parameters)).digest('hex'),
    samplesAt: (step) => samplesSeen(plan.batches, step),
    blockSums(step, range, { first, end }) {
      const parts = alignedBlocks(range).map((block) =>
        blocks.get(`${step}:${block.first}+${block.size}`)!.subarray(4 * first, 4 * end),
      );
      return Buffer.concat(parts);
    },
  };
  return truth;
}

/** The sum over every aligned block of shards at every step, as a rank of a star hands it over. */
async function blockSums(
  engine: Engine,
  shards: number,
  states: readonly Uint8Array[],
): Promise<Map<string, Uint8Array>> {
  const sums = new Map<string, Uint8Array>();
  for (let size = 1; size <= shards; size *= 2) {
    for (let first = 0; first < shards; first += size) {
      const end = first + size;
      const ranges = [
        { first: 0, end: first },
        { first, end },
        { first: end, end: shards },
      ];
      const exchange = await engine.assign({ rank: 1, ranges, topology: 'star' });
      for (let step = 0; step < states.length - 1; step++) {
        engine.loadState(step, states[step]!);
        await engine.compute();
        sums.set(`${step}:${first}+${size}`, exchange.begin(step)[0]!.payload[0]!.slice());
      }
    }
  }
  return sums;
}

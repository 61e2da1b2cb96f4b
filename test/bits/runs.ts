// What the tests of equal bits share: small data, a network, and a run boiled down to what must be the same
// for any number of threads and any interruption. It checks nothing itself.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  adam,
  crossEntropy,
  type Dataset,
  dropout,
  type FitOptions,
  type FitResult,
  fit,
  flatten,
  linear,
  type Model,
  relu,
  sequential,
  weightsHash,
} from '@lockstep/core';
import { firstSamples, loadMnist } from '@lockstep/data';
import type { EpochEndEvent, TrainEvent, TrainingRun, TrainOptions } from '@lockstep/trainer';

/** The first images of MNIST. */
export async function digits(
  train: number,
  test: number,
): Promise<{ train: Dataset; test: Dataset }> {
  const mnist = await loadMnist({ name: 'mnist', offline: true });
  return { train: firstSamples(mnist.train, train), test: firstSamples(mnist.test, test) };
}

/** 784-40-10: 31,810 parameters are 8 tiles, the last of them short. */
export const network: Model = sequential(flatten(), linear(784, 40), relu(), linear(40, 10));

/** The same with dropout: what is dropped depends on (seed, epoch, sample), not on who computes it. */
export const droppingNetwork: Model = sequential(
  flatten(),
  dropout(0.2),
  linear(784, 40),
  relu(),
  dropout(0.5),
  linear(40, 10),
);

/** The part of an epoch-end event that is not about time. */
export type EpochFacts = Omit<EpochEndEvent, 'event' | 'time' | 'seconds' | 'samplesPerSecond'>;

export interface Outcome {
  readonly events: readonly TrainEvent[];
  readonly epochs: readonly EpochFacts[];
  /** Of the run's end; undefined if it did not come to it. */
  readonly weightsHash: string | undefined;
  /** Whether it was aborted, so that it can go on. */
  readonly isInterrupted: boolean;
  readonly error: unknown;
}

/** Follows a run to its end, good or bad. */
export async function follow(
  run: AsyncIterable<TrainEvent>,
  onEvent: (event: TrainEvent) => void = () => {},
): Promise<Outcome> {
  const events: TrainEvent[] = [];
  let error: unknown;
  try {
    for await (const event of run) {
      events.push(event);
      onEvent(event);
    }
  } catch (thrown) {
    error = thrown;
  }
  const last = events.at(-1);
  const isInterrupted = last?.event === 'run-end' && last.stopped === 'asked';
  return {
    events,
    isInterrupted,
    epochs: events.filter((event) => event.event === 'epoch-end').map(facts),
    weightsHash: last?.event === 'run-end' && !isInterrupted ? last.weightsHash : undefined,
    error,
  };
}

/** Follows a run that must come to its end. */
export async function followToEnd(run: TrainingRun): Promise<Outcome> {
  const outcome = await follow(run);
  if (outcome.error) throw outcome.error;
  return outcome;
}

function facts(event: EpochEndEvent): EpochFacts {
  const { epoch, step, samples, trainLoss, testLoss, testAccuracy, metrics } = event;
  return {
    epoch,
    step,
    samples,
    trainLoss,
    testLoss,
    testAccuracy,
    metrics,
    weightsHash: event.weightsHash,
  };
}

/** One thread's metrics, each epoch, and its hash: what every other way to train must give. */
export async function onOneThread(
  options: FitOptions,
): Promise<Pick<FitResult, 'epochs' | 'stopped' | 'bestEpoch'> & { readonly weightsHash: string }> {
  const { epochs, parameters, stopped, bestEpoch } = fit(options);
  return { epochs, stopped, bestEpoch, weightsHash: await weightsHash(parameters) };
}

const TEST_FOLDER = fileURLToPath(new URL('..', import.meta.url));

/** What every script of `runScript` begins with; `base` is what `scriptBase` gives. */
const PRELUDE = `
import { adam, crossEntropy, sgd } from '@lockstep/core';
import { flatten, linear, relu, sequential } from '@lockstep/core';
import { firstSamples, loadMnist } from '@lockstep/data';
import { evaluate, resume, train } from '@lockstep/trainer';
const mnist = await loadMnist({ name: 'mnist', offline: true });
const data = { train: firstSamples(mnist.train, 500), test: firstSamples(mnist.test, 300) };
const model = sequential(flatten(), linear(784, 40), relu(), linear(40, 10));
const base = { model, data, loss: crossEntropy(), optimizer: adam(), epochs: 3, shards: 8, threads: 2 };
`;

/** Options of a run of 3 epochs of 8 steps. */
export async function scriptBase(): Promise<TrainOptions> {
  return {
    model: network,
    data: await digits(500, 300),
    loss: crossEntropy(),
    optimizer: adam(),
    epochs: 3,
    shards: 8,
    threads: 2,
  };
}

/**
 * Runs JavaScript in a Node of its own, and waits until that has ended by itself.
 *
 * @returns what it printed
 * @throws Error if it fails, or has not ended after 30 s
 */
export function runScript(source: string, nodeOptions: readonly string[] = []): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [...nodeOptions, '--input-type=module', '--eval', PRELUDE + source],
      { cwd: TEST_FOLDER, timeout: 30_000, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${error.message}\n${stdout}${stderr}`, { cause: error }));
        else resolve(stdout);
      },
    );
  });
}

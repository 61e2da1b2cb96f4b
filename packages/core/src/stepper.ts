// Training by hand: the loop that courses write, batch by batch, with gradients that one sees and may change. The steps are
// those of `fit`, by the same parts and to the same bits; who changes nothing gets its weights.
// Not here: what a step is (run/step.ts), and stopping, which is the loop's own business.
import { checkOptions, describeValue, type OptionNames } from '@lockstep/errors';
import type { Backend } from '@lockstep/kernels';
import { batchOf, type TreeSum } from '@lockstep/tree';
import { Augmenter } from './augment/augmenter.js';
import { beginAlone, type LoneOptions, type LoneRun } from './begin-alone.js';
import type { Dataset, DatasetInput } from './dataset.js';
import { traitsOf } from './dataset-traits.js';
import { ConfigError } from './errors.js';
import type { Metrics } from './evaluate.js';
import { exportParameter, importParameter } from './plan/parameters.js';
import { BUFFERS, PARAMETERS } from './plan/state-layout.js';
import { type ParametersInput, toParameters } from './run/given-parameters.js';
import { wholeSum } from './run/held-blocks.js';
import { nonFiniteError } from './run/non-finite.js';
import { checkParameters, type Parameters } from './run/parameter-values.js';
import { frozenNames, type RunConfig } from './run/run-plan.js';
import { copyTensors, readTensors } from './run/state.js';
import { learningRateAt, resolveSchedule } from './schedules/schedule.js';
import { product } from './shape.js';
import { TrainedModel } from './trained/trained-model.js';

/** What `fit` takes, but for what a loop of one's own decides itself: when it ends, and what is done after each epoch. */
export interface StepperOptions extends BegunOptions {
  /** How many epochs the loop means to take; asked for by schedules that are as long as the run, and by nothing else. */
  readonly epochs?: number | undefined;
}

type BegunOptions = Pick<
  LoneOptions,
  | 'model'
  | 'data'
  | 'loss'
  | 'metrics'
  | 'optimizer'
  | 'trainable'
  | 'groups'
  | 'batchSize'
  | 'seed'
  | 'shuffle'
  | 'dropLast'
  | 'augment'
  | 'shards'
  | 'parameters'
  | 'onWarning'
  | 'backend'
>;

const STEPPER_OPTIONS: OptionNames<StepperOptions> = {
  ...{ model: true, data: true, loss: true, metrics: true, optimizer: true, batchSize: true },
  ...{ epochs: true, seed: true, shuffle: true, dropLast: true, shards: true, parameters: true },
  ...{ augment: true, trainable: true, groups: true, onWarning: true, backend: true },
};

/** The samples of one step, as `epoch` gives them. */
export class Batch {
  /** From 1. */
  readonly epoch: number;
  /** In its epoch, from 0. */
  readonly index: number;
  /** Its samples, by their place in the dataset. */
  readonly indices: Uint32Array;
  readonly #data: Dataset;
  readonly #config: Pick<RunConfig, 'augment' | 'seed'>;

  constructor(
    epoch: number,
    index: number,
    indices: Uint32Array,
    data: Dataset,
    config: Pick<RunConfig, 'augment' | 'seed'>,
  ) {
    this.epoch = epoch;
    this.index = index;
    this.indices = indices;
    this.#data = data;
    this.#config = config;
  }

  /** How many samples it has. */
  get samples(): number {
    return this.indices.length;
  }

  /** A copy, [samples, ...inputShape], augmented and divided as the network sees it; or tokens. */
  get inputs(): Float32Array | Int32Array {
    const { inputs, inputShape, inputDivisor, vocabulary } = this.#data;
    const { augment, seed } = this.#config;
    const size = product(inputShape);
    const length = this.samples * size;
    if (vocabulary !== undefined) {
      const tokens = new Int32Array(length);
      this.#gather(inputs, tokens);
      return tokens;
    }
    const rows = inputs instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
    this.#gather(inputs, rows);
    if (augment) {
      const augmenter = new Augmenter(augment, seed, { values: rows, inputShape, inputDivisor });
      for (const [row, sample] of this.indices.entries()) {
        augmenter.apply(row * size, sample, this.epoch - 1);
      }
    }
    return Float32Array.from(rows, (value) => value / Math.fround(inputDivisor));
  }

  /** A copy, [samples, ...targetShape]: class labels, or values. */
  get targets(): Int32Array | Float32Array {
    const { targets, targetShape } = this.#data;
    const length = this.samples * product(targetShape);
    const rows = targets instanceof Int32Array ? new Int32Array(length) : new Float32Array(length);
    this.#gather(targets, rows);
    return rows;
  }

  #gather(
    values: Dataset['inputs' | 'targets'],
    rows: Uint8Array | Int32Array | Float32Array,
  ): void {
    const size = rows.length / this.samples;
    for (const [row, sample] of this.indices.entries()) {
      rows.set(values.subarray(sample * size, (sample + 1) * size), row * size);
    }
  }
}

/** What `backward` finds. */
export interface BatchGradients {
  /** Mean over the batch's samples, by their weights if the loss gives them some. */
  readonly loss: number;
  /** Of that mean, by parameter, in PyTorch's layout; before clipping. Yours: change them as you like. */
  readonly gradients: Parameters;
}

/** Takes steps when it is told to. See `stepper`. */
export class TrainingStepper {
  readonly #run: LoneRun;
  readonly #metrics: StepperOptions['metrics'];
  readonly #backend: Backend | undefined;
  /** Where a batch's sums lie when it is computed: added up, in one partial. */
  readonly #sum: TreeSum;
  /** The batches that it gave, and which of the run's they are. */
  readonly #batches = new WeakMap<Batch, number>();
  #epochs = 0;
  #steps = 0;
  #last: Parameters | undefined;
  /** Whether no step was taken since the last `backward`. */
  #isFresh = false;

  constructor(
    run: LoneRun,
    { metrics, backend }: Pick<StepperOptions, 'metrics' | 'backend'> = {},
  ) {
    this.#run = run;
    this.#metrics = metrics;
    this.#backend = backend;
    this.#sum = { root: wholeSum(run.plan)!.root, adds: [] };
  }

  /** How many were taken. */
  get steps(): number {
    return this.#steps;
  }

  /** That of the next step, after the optimizer's schedule. */
  get learningRate(): number {
    const { schedule, learningRate } = this.#run.config.optimizer;
    return learningRateAt(schedule, learningRate, this.#steps);
  }

  /** A copy of what was learnt so far. */
  get parameters(): Parameters {
    return this.#tensors(PARAMETERS);
  }

  /** A copy of what the model keeps besides; mostly empty. */
  get buffers(): Parameters {
    return this.#sections().includes(BUFFERS) ? this.#tensors(BUFFERS) : new Map();
  }

  /** A copy of the optimizer's vectors by their names in PyTorch (`momentum_buffer`; `exp_avg`, …), each by parameter. */
  get optimizerState(): Readonly<Record<string, Parameters>> {
    const names = this.#sections('optimizer');
    return Object.fromEntries(
      names.map((name) => [name.slice(name.indexOf('.') + 1), this.#tensors(name)]),
    );
  }

  /** The batches of the next epoch, in the order in which `fit` takes them. One that is left early is over. */
  epoch(): IterableIterator<Batch> {
    return this.#batchesOf(this.#epochs++);
  }

  /**
   * The loss of a batch and its gradients, at the parameters as they are; nothing is learnt yet.
   *
   * @throws ConfigError if the batch is none of this stepper's
   */
  backward(batch: Batch): BatchGradients {
    const number = this.#batches.get(batch);
    if (number === undefined) {
      const got = batch instanceof Batch ? 'one of another stepper' : describeValue(batch);
      throw new ConfigError(
        `stepper: backward takes a batch as this stepper's epoch() gives it, got ${got}`,
      );
    }
    const { plan, memory, order, stepper, replica } = this.#run;
    order.prepare(batch.epoch - 1);
    stepper.compute(this.#steps, 0, number);
    const { root } = this.#sum;
    const count = replica.tiles.countAt(root, batch.samples);
    const sums = new Float32Array(memory.buffer, root, plan.layout.length);
    const gradients = new Map(
      plan.layout.slots.map((slot) => {
        // The float64 quotient of two float32, rounded, is the kernels' float32 quotient.
        const data = exportParameter(slot, sums).map((sum) => sum / count);
        return [slot.name, { shape: slot.shape, data }] as const;
      }),
    );
    this.#last = gradients;
    this.#isFresh = true;
    return { loss: replica.tiles.lossAt(root) / count, gradients };
  }

  /**
   * Takes the optimizer's step: clips as the optimizer says, and updates the parameters.
   *
   * @param gradients means by parameter, as `backward` gives them, changed or not; those of frozen ones play no part. Default:
   * those of the last `backward`
   * @throws ConfigError or ShapeError unless there is one for each parameter
   * @throws NonFiniteError if one, or what comes of it, is NaN or infinite; the parameters stay as they were
   */
  step(gradients: ParametersInput | undefined = this.#last): void {
    if (!this.#last || !gradients) {
      throw new ConfigError('stepper: step needs gradients; call backward(batch) before it');
    }
    const { plan, memory, board, stepper, config } = this.#run;
    const { slots, length } = plan.layout;
    const given = toParameters('stepper: gradients', gradients);
    checkParameters(slots, given, this.#steps, 'gradients');
    const means = new Float32Array(memory.buffer, this.#sum.root, length);
    const frozen = frozenNames(config.groups ?? []);
    for (const slot of slots) {
      const { data } = given.get(slot.name)!;
      // That of a frozen one would count in the norm that gradients are clipped by.
      importParameter(slot, means, frozen.has(slot.name) ? data.map(() => 0) : data);
    }
    board.isNonFinite = false;
    stepper.finish(this.#steps, this.#sum, 1);
    if (board.isNonFinite) throw nonFiniteError(plan, memory, this.#steps, board.loss, this.#sum);
    // A batch that was seen once updates what the model keeps once.
    if (!this.#isFresh) copyTensors(plan, memory, this.#steps, BUFFERS);
    this.#isFresh = false;
    this.#steps++;
  }

  /**
   * Loss and metrics on a dataset, with what was learnt so far; dropout is off.
   *
   * @param data default: the test data, where the stepper was given some
   */
  evaluate(data: DatasetInput | undefined = this.#run.datasets.test): Metrics {
    if (!data) throw new ConfigError('stepper: evaluate needs data; there is no test data');
    // What there is to warn of was told when the stepper was made.
    return this.trained.evaluate(data, { metrics: this.#metrics, onWarning: () => {} });
  }

  /** What was learnt so far, as a model that answers; further steps do not change it. */
  get trained(): TrainedModel {
    const { config, datasets } = this.#run;
    const { parameters, buffers } = this;
    const traits = traitsOf(datasets.train);
    return new TrainedModel({
      ...{ graph: config.graph, parameters, buffers, traits, backend: this.#backend },
    });
  }

  *#batchesOf(epoch: number): IterableIterator<Batch> {
    const { plan, order, datasets, config } = this.#run;
    for (let index = 0; index < plan.stepsPerEpoch; index++) {
      const number = epoch * plan.stepsPerEpoch + index;
      const { first, samples } = batchOf(plan.batches, number);
      order.prepare(epoch);
      const indices =
        order.samples?.slice(first, first + samples) ??
        Uint32Array.from({ length: samples }, (_, i) => first + i);
      const batch = new Batch(epoch + 1, index, indices, datasets.train, config);
      this.#batches.set(batch, number);
      yield batch;
    }
  }

  #sections(kind?: string): string[] {
    const { tensors } = this.#run.plan.state;
    return tensors.flatMap((one) => (kind && one.kind !== kind ? [] : [one.name]));
  }

  #tensors(section: string): Parameters {
    return readTensors(this.#run.plan, this.#run.memory, this.#steps, section);
  }
}

/**
 * Training by hand, on one thread, with the bits of `fit`:
 *
 * ```ts
 * const run = stepper({ model, data, loss: crossEntropy(), optimizer: sgd({ learningRate: 0.1 }) });
 * for (const batch of run.epoch()) {
 *   const { loss, gradients } = run.backward(batch);
 *   run.step(gradients);
 * }
 * ```
 *
 * @throws ConfigError, ShapeError, GraphError or DataError before any work, if the parts do not fit together
 */
export function stepper(options: StepperOptions): TrainingStepper {
  checkOptions('stepper', options, STEPPER_OPTIONS);
  const run = beginAlone('stepper', options);
  checkSchedule(options);
  return new TrainingStepper(run, options);
}

/** @throws ConfigError if the schedule is as long as the run, and nobody said how long that is */
function checkSchedule({ epochs, optimizer: { schedule } }: StepperOptions): void {
  if (!schedule || epochs !== undefined) return;
  const [short, long] = [1000, 2000].map((steps) => resolveSchedule(schedule, 1, steps));
  if (JSON.stringify(short) === JSON.stringify(long)) return;
  throw new ConfigError(
    `stepper: the ${schedule.kind} schedule is as long as the run; give epochs, as many as the loop will take, or the schedule's steps`,
  );
}

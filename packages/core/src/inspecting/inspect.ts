// One pass forward and back, looked at in detail: every activation and every gradient by name. The reference executor
// computes, in float32 or float64, operator by operator in plain TypeScript; so float32 values are those of training but for
// the order in which sums are rounded, and float64 ones are what a pencil gives.
// Not here: training (fit.ts, stepper.ts), and answers of a trained model alone, which it gives itself.
import {
  checkOptions,
  describeValue,
  type OptionNames,
  requireBoolean,
  requireInteger,
  requireNumber,
} from '@lockstep/errors';
import type { DatasetInput } from '../dataset.js';
import { ConfigError, DataError } from '../errors.js';
import { runReference } from '../execute/reference.js';
import type { Graph } from '../graph/graph.js';
import { meanOver, WEIGHT } from '../graph/sample-weight.js';
import type { Loss, Losses } from '../losses/loss.js';
import type { Model } from '../model/model.js';
import { toGraph } from '../network/to-graph.js';
import type { Value } from '../ops/operator.js';
import { leavesOf, type NestedParameters, namedParameters } from '../run/nested.js';
import {
  initialBuffers,
  initialParameters,
  type NetworkValues,
  networkValues,
} from '../run/parameter-values.js';
import type { SamplesInput } from '../trained/samples.js';
import type { TrainedModel } from '../trained/trained-model.js';
import {
  type Batch,
  batchOfDataset,
  batchOfModel,
  batchOfTrained,
  isWithTargets,
  type TargetsInput,
} from './batch.js';
import { InspectedTensor } from './inspected-tensor.js';
import { traceGradients } from './trace-gradients.js';

/** What `inspect` takes. */
export interface InspectOptions {
  /** A model, or its graph. Either this or `trained`. */
  readonly model?: Model | Graph | undefined;
  /** A trained model: its parameters, its loss, its classes. */
  readonly trained?: TrainedModel | undefined;
  /** As `fit` takes it. Left out where the graph has one. */
  readonly loss?: Loss | Losses | undefined;
  /** Rows, or flat numbers; or a dataset, with its targets; of a trained model whatever it can be asked about. */
  readonly inputs: SamplesInput;
  /**
   * One for each row: values as the output has them, or the number (of a trained model also the name) of its class. Left
   * out, with the loss: forward alone.
   */
  readonly targets?: TargetsInput | undefined;
  /** By name, as lists or with shapes. Default: the trained model's; else those that `fit` draws from the seed. */
  readonly parameters?: NestedParameters | undefined;
  /** Of one row, where inputs are flat. */
  readonly inputShape?: readonly number[] | undefined;
  /** Inputs are divided by this. Default 1, or the trained model's. */
  readonly inputDivisor?: number | undefined;
  /** Of tokens, where the model is a function: how many different ones there are. */
  readonly vocabulary?: number | undefined;
  /** Of initial parameters, and of what dropout drops. Default 0. */
  readonly seed?: number | undefined;
  /** Default f32. */
  readonly precision?: 'f32' | 'f64' | undefined;
  /** Whether dropout drops, as in the first epoch, row i as sample i. Default true; false for a trained model. */
  readonly training?: boolean | undefined;
}

const OPTIONS: OptionNames<InspectOptions> = {
  ...{ model: true, trained: true, loss: true, inputs: true, targets: true, parameters: true },
  ...{ inputShape: true, inputDivisor: true, vocabulary: true, seed: true },
  ...{ precision: true, training: true },
};

/** What the pass forward comes to. */
export interface ForwardInspection {
  /** [n, …]. */
  readonly output: InspectedTensor;
  /**
   * `input`, the output of each layer by its name, which its parameters' names begin with (`0`, `1`, … in a row of layers),
   * and of every other operation by its operator's name (`matmul`, `matmul:2`, `loss.sub`); [n, …] each.
   */
  readonly activations: Readonly<Record<string, InspectedTensor>>;
  /** What it was computed with, in PyTorch's layout. */
  readonly parameters: Readonly<Record<string, InspectedTensor>>;
}

/** What one pass forward and back comes to. */
export interface Inspection extends ForwardInspection {
  /** Mean over the rows, by their weights if the loss gives them some. */
  readonly loss: number;
  /** Of each row. */
  readonly losses: readonly number[];
  /** Of the mean loss, with respect to each parameter, each activation and `input`, by their names. */
  readonly gradients: Readonly<Record<string, InspectedTensor>>;
}

/**
 * Looks inside a network: one pass forward and back over a few rows, with every value by name.
 *
 * ```ts
 * const { activations, gradients, loss } = inspect({
 *   model: sequential(linear(2, 1), sigmoid()),
 *   loss: meanSquaredError(),
 *   inputs: [[1, 2]],
 *   targets: [[1]],
 *   parameters: { '0.weight': [[0.2, 0.8]], '0.bias': [0.1] },
 *   precision: 'f64',
 * });
 * activations['0'].values;         // [[1.9]]
 * gradients['0.weight'].values;    // [[…, …]]
 * ```
 *
 * Without a loss and targets it is the pass forward alone: `inspect({ model, inputs })`.
 *
 * @throws ConfigError, ShapeError, DataError or NonFiniteError if the parts do not fit together
 */
export function inspect(
  options: InspectOptions &
    ({ readonly targets: TargetsInput } | { readonly inputs: DatasetInput }),
): Inspection;
export function inspect(options: InspectOptions): ForwardInspection;
export function inspect(options: InspectOptions): ForwardInspection | Inspection {
  checkOptions('inspect', options, OPTIONS);
  const { trained, seed = 0, precision = 'f32', training = trained === undefined } = options;
  requireInteger('inspect', 'seed', seed, 0);
  checkLayout(options);
  requireBoolean('inspect', 'training', training);
  if (precision !== 'f32' && precision !== 'f64') {
    throw new ConfigError(
      `inspect: precision is ${JSON.stringify(precision)}, expected "f32" or "f64"`,
    );
  }
  const batch = toBatch(options);
  const { graph, rows } = batch;
  const { parameters, buffers } = valuesFor(options, graph, seed);
  const exact = precision === 'f64' ? digitsOf(options) : new Map<string, number[]>();
  const traced = traceGradients(graph, training);
  const valuesOf = (name: string, data: Float32Array): ArrayLike<number> => exact.get(name) ?? data;
  const target = precision === 'f64' ? batch.exactTargets : batch.targets;
  const computed = runReference(traced.graph, {
    ...{ rows, precision },
    parameters: [...parameters].map(([name, { data }]) => valuesOf(name, data)),
    buffers: [...buffers].map(([name, { data }]) => valuesOf(name, data)),
    input: precision === 'f64' ? batch.exactInputs : batch.inputs,
    ...(target && { target }),
    context: { seed, epoch: 0, sampleIds: Uint32Array.from({ length: rows }, (_, i) => i) },
  });
  const tensor = (value: Value, divisor = 1): InspectedTensor =>
    new InspectedTensor(value.shape, floats(value.data.map((x) => x / divisor)));
  const named = (prefix: string, divisor?: number): Record<string, InspectedTensor> =>
    Object.fromEntries(
      Object.entries(computed).flatMap(([name, value]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), tensor(value, divisor)]] : [],
      ),
    );
  const forward = {
    output: tensor(computed.output!),
    activations: named('value '),
    parameters: named('parameter '),
  };
  if (!computed.loss) return forward;
  const losses = Array.from(computed.loss.data);
  const weights = computed[WEIGHT]?.data;
  const count = meanOver(weights && total(weights), rows);
  return { loss: total(losses) / count, losses, ...forward, gradients: named('gradient ', count) };
}

function checkLayout({ inputShape, inputDivisor }: InspectOptions): void {
  if (inputDivisor !== undefined) {
    requireNumber('inspect', 'inputDivisor', inputDivisor, { above: 0 });
  }
  const isLength = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 1;
  if (inputShape === undefined || (Array.isArray(inputShape) && inputShape.every(isLength))) return;
  throw new ConfigError(
    `inspect: inputShape is ${JSON.stringify(inputShape)}, expected a list of lengths such as [784]`,
  );
}

function toBatch(options: InspectOptions): Batch {
  const { model, trained, loss, inputs, targets, inputShape, inputDivisor, vocabulary } = options;
  if ((model === undefined) === (trained === undefined)) {
    throw new ConfigError('inspect: expected either model or trained');
  }
  if (trained !== undefined) requireTrained(trained);
  if (targets === undefined && isWithTargets(inputs)) {
    return batchOfDataset(
      inputs,
      (data) => trained?.graph ?? toGraph(model!, data),
      loss,
      trained?.traits,
    );
  }
  if (trained !== undefined) {
    const given = Object.entries({ inputShape, inputDivisor, vocabulary }).find(
      ([, value]) => value,
    );
    if (given) throw new ConfigError(`inspect: a trained model knows its ${given[0]} itself`);
    return batchOfTrained(trained, inputs, targets, loss);
  }
  const known = typeof model === 'object' ? toGraph(model, { inputShape: [] }) : undefined;
  return batchOfModel((inputs) => toGraph(model!, inputs), options, known);
}

/** A result that holds one is easily taken for it. */
function requireTrained(given: unknown): void {
  const { graph, traits } = Object(given) as Partial<TrainedModel>;
  if (typeof graph === 'object' && typeof traits === 'object') return;
  throw new ConfigError(
    `inspect: trained is ${describeValue(given)}; expected a trained model, as fit gives it: fit(…).trained`,
  );
}

/** What the network is computed with, checked against it. */
function valuesFor(options: InspectOptions, graph: Graph, seed: number): NetworkValues {
  const { parameters, trained } = options;
  if (parameters !== undefined) {
    const given = namedParameters('inspect', parameters);
    const buffers = trained?.buffers ?? initialBuffers(graph, seed);
    return ordered(graph, networkValues(graph, new Map([...buffers, ...given])));
  }
  if (trained) return ordered(graph, trained);
  return { parameters: initialParameters(graph, seed), buffers: initialBuffers(graph, seed) };
}

/** As the graph declares them. */
function ordered(graph: Graph, { parameters, buffers }: NetworkValues): NetworkValues {
  const pick = (list: Graph['parameters'] = [], values: NetworkValues['parameters']) =>
    new Map(list.map(({ name }) => [name, values.get(name)!]));
  return { parameters: pick(graph.parameters, parameters), buffers: pick(graph.buffers, buffers) };
}

/** Parameters with all the digits that they were given with. */
function digitsOf({ parameters }: InspectOptions): Map<string, number[]> {
  if (parameters === undefined) return new Map();
  const entries = parameters instanceof Map ? [...parameters] : Object.entries(parameters);
  return new Map(
    entries.map(([name, given]) => [name, leavesOf((given as { data?: unknown }).data ?? given)]),
  );
}

function floats(data: Value['data']): Float32Array | Float64Array {
  if (data instanceof Int32Array) throw new DataError('inspect: labels are no activations');
  return data;
}

function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}

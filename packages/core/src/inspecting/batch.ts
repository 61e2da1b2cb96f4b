// The rows of an inspection, as the graph reads them: inputs divided, targets as values or as numbers of classes; in float32,
// and in float64 with all the digits that they were given with.
import { describeValue } from '@lockstep/errors';
import { type Dataset, type DatasetInput, toDataset, toInputsOrTokens } from '../dataset.js';
import { alignDataset, type DatasetTraits } from '../dataset-traits.js';
import { ConfigError, DataError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { checkTargets } from '../losses/check-targets.js';
import type { Loss, Losses } from '../losses/loss.js';
import { attachLoss } from '../network/attach-loss.js';
import { withoutLoss } from '../network/to-graph.js';
import { type NumberSource, shapeOfSamples, toInputs } from '../numbers.js';
import { sourceOf } from '../ops/registry.js';
import { isRecord } from '../record.js';
import { checkNetworkInputs, takenVocabulary } from '../run/check-traits.js';
import { leavesOf } from '../run/nested.js';
import { product, sampleShape } from '../shape.js';
import { type SamplesInput, toSamples } from '../trained/samples.js';
import type { TrainedModel } from '../trained/trained-model.js';

/** Values or numbers of classes, or names of classes. */
export type TargetsInput = NumberSource | readonly string[];

export interface Batch {
  /** With a loss, where there are targets. */
  readonly graph: Graph;
  readonly rows: number;
  readonly inputs: Float32Array | Int32Array;
  readonly exactInputs: ArrayLike<number>;
  /** Undefined where there is no loss; both. */
  readonly targets?: Float32Array | Int32Array | undefined;
  readonly exactTargets?: ArrayLike<number> | undefined;
}

interface Given {
  readonly inputs: SamplesInput;
  readonly targets?: TargetsInput | undefined;
  readonly loss?: Loss | Losses | undefined;
  readonly inputShape?: readonly number[] | undefined;
  readonly inputDivisor?: number | undefined;
  readonly vocabulary?: number | undefined;
}

/** Inputs that come with what is to be learnt of them. */
export function isWithTargets(given: unknown): given is DatasetInput {
  const { inputs, inputShape, targets } = Object(given) as Partial<DatasetInput>;
  return [inputs, targets].every((one) => typeof one === 'object') && Array.isArray(inputShape);
}

/**
 * @param trace gives the graph for the data
 * @param traits of what the graph was trained on, where it was
 */
export function batchOfDataset(
  given: DatasetInput,
  trace: (data: Dataset) => Graph,
  loss: Loss | Losses | undefined,
  traits?: DatasetTraits,
): Batch {
  const own = toDataset('inspect', given);
  const of = 'the data that the model was trained on';
  const data = traits ? alignDataset('inspect', 'the data', own, traits, of) : own;
  const bare = trace(data);
  checkNetworkInputs('inspect', bare, data);
  const graph = loss ? attachLoss(withoutLoss(bare), loss, data) : bare;
  const rows = rowsOf(data.inputs, data.inputs, data);
  if (graph.outputs.loss === undefined) return { graph: withoutLoss(graph), ...rows };
  checkTargets(graph, data, loss);
  return { graph, ...rows, targets: data.targets, exactTargets: data.targets };
}

type InputTraits = Pick<Dataset, 'inputShape' | 'inputDivisor' | 'vocabulary'>;

function rowsOf(
  given: Dataset['inputs'],
  digits: ArrayLike<number>,
  { inputShape, inputDivisor, vocabulary }: InputTraits,
): Pick<Batch, 'rows' | 'inputs' | 'exactInputs'> {
  const rows = given.length / product(inputShape);
  if (vocabulary !== undefined) {
    return { rows, inputs: Int32Array.from(given), exactInputs: given };
  }
  return {
    rows,
    inputs: Float32Array.from(given, (x) => x / Math.fround(inputDivisor)),
    exactInputs: Float64Array.from(digits, (x) => x / inputDivisor),
  };
}

/** Of one row that a graph takes; undefined where it reads no inputs. */
function inputShapeOf({ nodes }: Graph): readonly number[] | undefined {
  const input = nodes.find((node) => sourceOf(node) === 'samples');
  return input && sampleShape(input.shape);
}

/**
 * @param trace gives the graph for such inputs; a graph that is there already gives itself
 * @param known such a graph
 */
export function batchOfModel(
  trace: (inputs: InputTraits) => Graph,
  { inputs, targets, loss, inputShape, inputDivisor = 1, ...given }: Given,
  known?: Graph,
): Batch {
  refuseNames('inputs', inputs);
  const numbers = inputs as NumberSource;
  const shape = inputShape ?? shapeOfSamples(numbers) ?? (known && inputShapeOf(known));
  const vocabulary = given.vocabulary ?? (known && takenVocabulary(known));
  if (shape === undefined) {
    toInputs(numbers, { what: 'inspect', value: 'input', shape: [] });
    throw new DataError(
      'inspect: inputShape is needed where inputs are not rows; give one row as [[1, 2]]',
    );
  }
  const place = { what: 'inspect', value: 'input', shape };
  const traits = { inputShape: shape, inputDivisor, vocabulary };
  const graph = trace(traits);
  const values = toInputsOrTokens(numbers, vocabulary, place);
  checkNetworkInputs('inspect', graph, traits);
  return finish(graph, loss, {
    ...{ targets: numbersOf(targets, undefined), ...traits, values, digits: leavesOf(numbers) },
  });
}

export function batchOfTrained(
  { graph, traits }: TrainedModel,
  given: SamplesInput,
  targets: TargetsInput | undefined,
  loss: Loss | Losses | undefined,
): Batch {
  const { inputs: values } = toSamples('inspect', given, traits);
  const { inputShape, inputDivisor, vocabulary, classNames } = traits;
  const isNumbers = Array.isArray(given) || ArrayBuffer.isView(given);
  const digits = isNumbers ? leavesOf(given) : [];
  return finish(graph, loss, {
    ...{ targets: numbersOf(targets, classNames), inputDivisor, inputShape, vocabulary, values },
    digits: digits.length === values.length && digits.every(Number.isFinite) ? digits : values,
  });
}

interface Rows extends InputTraits {
  readonly targets: TargetsInput | undefined;
  readonly values: Dataset['inputs'];
  readonly digits: ArrayLike<number>;
}

function finish(given: Graph, loss: Loss | Losses | undefined, rows: Rows): Batch {
  const { inputShape, inputDivisor, vocabulary, values, targets } = rows;
  const inputs = rowsOf(values, rows.digits, rows);
  const samples = inputs.rows;
  if (targets === undefined && !loss) return { graph: withoutLoss(given), ...inputs };
  refuseNames('targets', targets);
  if (typeof targets !== 'object' || targets === null) {
    throw new ConfigError(
      `inspect: targets are ${describeValue(targets)}; expected a list with what is to be learnt of each row`,
    );
  }
  const bare = loss ? withoutLoss(given) : given;
  if (bare.outputs.loss === undefined && !loss) {
    throw new ConfigError('inspect: the model has no loss; give one');
  }
  const layout = targetLayout(bare, targets, samples);
  const data = toDataset('inspect', {
    ...{ name: 'rows', samples, inputShape, inputs: values, inputDivisor, vocabulary, ...layout },
    targets,
  } as DatasetInput);
  const graph = loss ? attachLoss(bare, loss, data) : bare;
  checkTargets(graph, data, loss);
  return {
    ...{ graph, ...inputs, targets: data.targets },
    exactTargets: leavesOf(targets),
  };
}

/** What the graph compares with, where it has a loss; else values in the output's shape, or one class a row. */
function targetLayout(
  { nodes, outputs }: Graph,
  targets: TargetsInput,
  samples: number,
): { readonly targetShape: readonly number[]; readonly classes: number | undefined } {
  const outputShape = sampleShape(nodes[outputs.output!]!.shape);
  const width = product(outputShape);
  const target = nodes.find((node) => sourceOf(node) === 'targets');
  const isLabels = target
    ? target.type === 'i32'
    : width > 1 &&
      shapeOfSamples(targets as NumberSource) === undefined &&
      targets.length === samples;
  if (isLabels) {
    return { targetShape: target ? sampleShape(target.shape) : [], classes: outputShape.at(-1) };
  }
  if (target) return { targetShape: sampleShape(target.shape), classes: undefined };
  const nested = shapeOfSamples(targets as NumberSource);
  const isOutputs = !nested || product(nested) === width;
  return { targetShape: isOutputs ? outputShape : nested, classes: undefined };
}

/** @throws DataError if a class has a name that the model does not know */
function numbersOf(
  targets: TargetsInput | undefined,
  classNames: readonly string[] | undefined,
): NumberSource | undefined {
  if (!Array.isArray(targets) || typeof targets[0] !== 'string')
    return targets as NumberSource | undefined;
  return targets.map((name: string) => {
    const index = classNames?.indexOf(name) ?? -1;
    if (index >= 0) return index;
    throw new DataError(
      `inspect: target ${JSON.stringify(name)} is no class of the model, which has ${classNames?.join(', ') ?? 'no names of classes'}`,
    );
  });
}

/** @throws DataError if values come by name: only a dataset says which of them are labels */
function refuseNames(what: string, given: unknown): void {
  if (!isRecord(given)) return;
  throw new DataError(
    `inspect: ${what} by name (${Object.keys(given).join(', ')}) come as one dataset, with what is to be learnt: inputs: fromArrays({ inputs: { … }, targets: { … }, labels: { … } })`,
  );
}

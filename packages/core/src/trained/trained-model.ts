// A trained model as one value: the network with its loss, what it has learnt, and what its inputs and classes mean. It is
// asked without the code that it was made with.
// It is planned when it is first asked, for answering alone, and once: what its arrays hold then is what answers.
// Not here: its file (model-file.ts), how inputs are read (samples.ts), what outputs say of classes (classes.ts).
import { checkOptions, describeValue, type OptionNames } from '@lockstep/errors';
import type { Backend } from '@lockstep/kernels';
import type { DatasetInput } from '../dataset.js';
import { readTraits, recordTraits } from '../dataset-record.js';
import type { DatasetTraits } from '../dataset-traits.js';
import { ConfigError } from '../errors.js';
import { type EvaluateOptions, evaluate, type Metrics } from '../evaluate.js';
import {
  generateText,
  generateTokens,
  type TextGenerateOptions,
  type TokenGenerateOptions,
} from '../generate/generate.js';
import { type LanguageModel, languageModelOf } from '../generate/language-model.js';
import type { NextScores } from '../generate/next-scores.js';
import { scoresOf } from '../generate/scores.js';
import type { Graph, GraphHead } from '../graph/graph.js';
import { lossOf } from '../losses/check-targets.js';
import type { Loss, Losses } from '../losses/loss.js';
import { withoutLoss, withoutMetrics } from '../network/to-graph.js';
import { validateGraph } from '../network/validate.js';
import type { NumberSource } from '../numbers.js';
import type { Preparation } from '../preparation/preparation.js';
import type { NamedRow } from '../preparation/rows.js';
import { invertTargets, targetUnits } from '../preparation/targets.js';
import { chooseBackend } from '../run/backend.js';
import { checkTraits } from '../run/check-traits.js';
import { type ParametersInput, toParameters } from '../run/given-parameters.js';
import { networkValues, type Parameters } from '../run/parameter-values.js';
import { sampleShape } from '../shape.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { type Classification, type Classify, classesOf, positionClassesOf } from './classes.js';
import { classifyHeads, outputsByName } from './heads.js';
import { Inference } from './inference.js';
import { type InputDataset, type SamplesInput, toSamples } from './samples.js';

/** What a trained model is made of; all of it is data. */
export interface TrainedParts {
  /** As `traceModel` gives it, or with a loss. Metrics that were measured while it learnt are left out. */
  readonly graph: Graph;
  /** By PyTorch's names and in its layout. They may hold the buffers, too. */
  readonly parameters: ParametersInput;
  /** What the model keeps besides; default: those among the parameters. */
  readonly buffers?: ParametersInput | undefined;
  /** Of the data that it was trained on. */
  readonly traits: DatasetTraits;
  /** What computes. Default: the WebAssembly kernels. */
  readonly backend?: Backend | undefined;
}

const PARTS: OptionNames<TrainedParts> = {
  ...{ graph: true, parameters: true, buffers: true, traits: true, backend: true },
};

/** Of an evaluation; what the model has itself needs no saying. */
export type TrainedEvaluateOptions = Pick<EvaluateOptions, 'metrics' | 'loss' | 'onWarning'>;

const TOLD: OptionNames<TrainedEvaluateOptions> = { metrics: true, loss: true, onWarning: true };

/** A network with its parameters, buffers, preparation and class names: what training comes to, and what is asked. */
export class TrainedModel {
  /** The network, with its loss if it has one. */
  readonly graph: Graph;
  readonly parameters: Parameters;
  /** What the model keeps besides; mostly empty. */
  readonly buffers: Parameters;
  /** What the training data means besides its numbers: shapes, divisor, names of inputs and classes. */
  readonly traits: DatasetTraits;
  /** What computes. */
  readonly backend: Backend;
  #inference: Inference | undefined;
  #classes: Classify | undefined;

  /**
   * @throws ConfigError, GraphError, ShapeError, DataError or NonFiniteError if the parts do not fit together; nothing is
   * planned yet
   */
  constructor(parts: TrainedParts) {
    const operation = 'trained model';
    checkOptions(operation, parts, PARTS);
    this.backend = chooseBackend(operation, parts.backend);
    this.graph = withoutMetrics(validateGraph(parts.graph));
    this.traits = checkedTraits(operation, parts.traits);
    checkTraits(operation, this.graph, this.traits);
    const given = [parts.parameters, parts.buffers ?? {}].map((one) =>
      toParameters(operation, one),
    );
    const { parameters, buffers } = networkValues(
      this.graph,
      new Map(given.flatMap((one) => [...one])),
    );
    this.parameters = parameters;
    this.buffers = buffers;
  }

  /** How named columns became inputs and targets; undefined where the data was not prepared. */
  get preparation(): Preparation | undefined {
    return this.traits.preparation;
  }

  /** How text becomes what the model reads; undefined where it does not read text. */
  get tokenizer(): Tokenizer | undefined {
    return this.traits.tokenizer;
  }

  /** Of one sample's output; `predict` gives so many numbers a sample. */
  get outputShape(): readonly number[] {
    return sampleShape(this.graph.nodes[this.graph.outputs.output!]!.shape);
  }

  /**
   * The network's outputs: as they are before what the loss applies, so scores of classes where it learnt those. Where the
   * values that were learnt had been prepared, the answers are in the unit of the target's columns again, in float64.
   *
   * One row gives its outputs, [...outputShape], flat; several rows give theirs one after the other, [n, ...outputShape],
   * flat and row-major. A sample's outputs are the same bits whatever it is asked together with.
   *
   * @param input a dataset, whose targets are not looked at; rows, as lists; one row; or a flat list of whole rows, such as
   * a typed array. Numbers are the inputs that the training data had: what was bytes there, and divided by `inputDivisor`,
   * may be bytes or plain numbers here, and is divided as well; what had been prepared is given prepared. Or named columns
   * as they stand in a table, `{ age: 41, district: 'north' }`, of which the model makes inputs as it was prepared
   * @throws ConfigError, ShapeError or DataError naming what does not fit the model, or the first value that is missing, no
   * number, or not finite
   */
  predict(input: SamplesInput): Float32Array | Float64Array {
    const { inputs } = toSamples('predict', input, this.traits);
    return toAnswers(this, this.#planned().compute(inputs));
  }

  /**
   * The outputs of a model that gives several, each [n, …shape] by its name, flat and row-major; as they are before what its
   * loss applies. (`predict` gives them as one row.)
   *
   * @param input as `predict` takes it: of a model whose inputs have names, the numbers of each by its name
   * @throws ConfigError if the model gives one output without a name
   * @throws as `predict`
   */
  predictByName(input: SamplesInput): Record<string, Float32Array> {
    const heads = this.#headsFor('predictByName');
    const { inputs } = toSamples('predictByName', input, this.traits);
    return outputsByName(this.#planned().compute(inputs), heads);
  }

  /**
   * What a model that gives several outputs says of classes: for each output that tells classes apart, by its name, what
   * `classify` gives.
   *
   * @throws ConfigError if the model gives one output without a name, or none tells classes apart
   * @throws as `predict`
   */
  classifyByName(input: SamplesInput): Record<string, Classification | Classification[]> {
    const heads = this.#headsFor('classifyByName');
    const { inputs, isOne } = toSamples('classifyByName', input, this.traits);
    const outputs = outputsByName(this.#planned().compute(inputs), heads);
    return classifyHeads(this.graph, this.traits, outputs, isOne);
  }

  #headsFor(operation: string): readonly GraphHead[] {
    if (this.graph.heads) return this.graph.heads;
    throw new ConfigError(
      `${operation}: the model gives one output without a name; predict and classify answer of it`,
    );
  }

  /**
   * The most probable class of each row, with the probabilities of all.
   *
   * @param input as `predict` takes it. One row gives one answer, a dataset and lists of rows a list of answers, also if
   * they hold one row; so does a flat typed array of several rows
   * @throws ConfigError if the model was not trained to tell classes apart
   * @throws as `predict`
   */
  classify(row: readonly number[]): Classification;
  classify(rows: InputDataset | readonly NumberSource[] | readonly NamedRow[]): Classification[];
  classify(row: NamedRow): Classification;
  classify(input: SamplesInput): Classification | Classification[];
  classify(input: SamplesInput): Classification | Classification[] {
    const { heads } = this.graph;
    if (heads) {
      throw new ConfigError(
        `classify: the model gives several outputs (${heads.map(({ name }) => name).join(', ')}); classifyByName answers of each`,
      );
    }
    const inference = this.#planned();
    this.#classes ??= classesOf(this.graph, this.traits, this.outputShape);
    const { inputs, isOne } = toSamples('classify', input, this.traits);
    const outputs = inference.compute(inputs);
    if (isOne) return this.#classes(outputs, 0);
    const answers: Classification[] = [];
    for (let start = 0; start < outputs.length; start += inference.outputSize) {
      answers.push(this.#classes(outputs, start));
    }
    return answers;
  }

  /**
   * Of a model that was trained on labels by position, as a tagger is: the most probable class at each position of each row,
   * with the probabilities of all; positions are in the order in which labels have them.
   *
   * @param input as `classify` takes it. One row gives a list of answers, several rows a list of such lists
   * @throws ConfigError if the model does not tell classes apart at each position
   * @throws as `predict`
   */
  classifyPositions(row: readonly number[]): Classification[];
  classifyPositions(rows: InputDataset | readonly NumberSource[]): Classification[][];
  classifyPositions(input: SamplesInput): Classification[] | Classification[][];
  classifyPositions(input: SamplesInput): Classification[] | Classification[][] {
    const inference = this.#planned();
    const classify = positionClassesOf(this.graph, this.traits, this.outputShape);
    const { inputs, isOne } = toSamples('classifyPositions', input, this.traits);
    const outputs = inference.compute(inputs);
    const { outputSize } = inference;
    const rows = Array.from({ length: outputs.length / outputSize }, (_, i) =>
      classify(outputs, i * outputSize),
    );
    return isOne ? rows[0]! : rows;
  }

  /**
   * Mean loss, accuracy and metrics on a dataset.
   *
   * @param data laid out as the training data; classes are found by name
   * @param options.metrics names, or metrics of one's own
   * @param options.loss left out, it is the one that the model learnt by
   * @throws as core's `evaluate`
   */
  evaluate(data: DatasetInput, options: TrainedEvaluateOptions = {}): Metrics {
    checkOptions('evaluate', options, TOLD);
    return evaluate({
      ...options,
      data,
      ...toEvaluate(this, options.loss),
      backend: this.backend,
    });
  }

  /**
   * Text that goes on from a prompt, piece by piece as it comes: `for (const text of trained.generate({ prompt })) …`. The same
   * options give the same text on every machine.
   *
   * @throws ConfigError if the model reads no text, or an option is out of range
   */
  generate(options: TextGenerateOptions = {}): Generator<string, void, undefined> {
    const { tokenizer } = this.traits;
    const model = languageModelOf('generate', this.graph);
    if (tokenizer) return generateText('generate', model, tokenizer, this.#scores(model), options);
    throw new ConfigError(
      'generate: the model knows no tokenizer, so nothing says how text becomes its tokens; generateTokens takes and gives tokens, or train it on what textDataset gives',
    );
  }

  /** The same in tokens. @throws ConfigError or DataError as `generate`, or if the prompt is no tokens */
  generateTokens(options: TokenGenerateOptions): Generator<number, void, undefined> {
    const model = languageModelOf('generateTokens', this.graph);
    return generateTokens('generateTokens', model, this.#scores(model), options);
  }

  /** A network of its own for each sequence, so that several may go on at a time. */
  #scores(model: LanguageModel): (slide: number) => NextScores {
    const { backend, parameters, buffers, graph } = this;
    return (slide) => scoresOf(backend, graph, { parameters, buffers }, model, slide);
  }

  #planned(): Inference {
    const { parameters, buffers, graph, traits } = this;
    this.#inference ??= new Inference(this.backend, graph, { parameters, buffers }, traits);
    return this.#inference;
  }
}

/** What the network's outputs are to whoever asks: in the unit of the target's columns, where those are numbers. */
export function toAnswers(
  { graph, preparation }: TrainedModel,
  outputs: Float32Array,
): Float32Array | Float64Array {
  return preparation && givesValues(graph, preparation)
    ? invertTargets(preparation, outputs)
    : outputs;
}

/** What an evaluation of a trained model is given of it. @param loss another one than it learnt by */
export function toEvaluate(
  { graph, parameters, buffers, traits }: TrainedModel,
  loss: Loss | Losses | undefined,
): Pick<EvaluateOptions, 'model' | 'parameters' | 'trainedOn'> {
  return {
    model: loss === undefined ? graph : withoutLoss(graph),
    parameters: new Map([...parameters, ...buffers]),
    trainedOn: traits,
  };
}

/** Whether outputs are values of the target's columns, rather than scores. */
function givesValues(graph: Graph, preparation: Preparation): boolean {
  return lossOf(graph)?.applies === undefined && targetUnits(preparation) !== undefined;
}

function checkedTraits(operation: string, given: DatasetTraits): DatasetTraits {
  const isObject = typeof given === 'object' && given !== null;
  const traits = isObject ? readTraits(recordTraits(given), operation) : undefined;
  if (traits) return traits;
  throw new ConfigError(
    `${operation}: traits are ${describeValue(given)}; expected what traitsOf gives of the training data`,
  );
}

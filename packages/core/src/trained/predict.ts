// A network's outputs for given inputs, where there is no trained model to ask: of a model and parameters as they come.
import { checkOptions, type OptionNames } from '@lockstep/errors';
import type { Backend } from '@lockstep/kernels';
import { checkDivisor, toInputsOrTokens } from '../dataset.js';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../model/model.js';
import { outputAlone, toGraph } from '../network/to-graph.js';
import type { NumberSource } from '../numbers.js';
import { chooseBackend } from '../run/backend.js';
import { checkNetworkInputs, takenVocabulary } from '../run/check-traits.js';
import { type ParametersInput, toParameters } from '../run/given-parameters.js';
import { networkValues } from '../run/parameter-values.js';
import { Inference } from './inference.js';

/** What `predict` takes. */
export interface PredictOptions {
  /** A model, or its graph, with or without a loss. */
  readonly model: Model | Graph;
  readonly parameters: ParametersInput;
  /** [n, ...inputShape]: flat, row-major, or a list for each sample. */
  readonly inputs: NumberSource;
  readonly inputShape: readonly number[];
  /** As in the dataset that the model was trained on. Default 1. */
  readonly inputDivisor?: number | undefined;
  /** Of tokens: as in the dataset that the model was trained on. A graph knows it itself. */
  readonly vocabulary?: number | undefined;
  /** What computes. Default: the WebAssembly kernels. */
  readonly backend?: Backend | undefined;
}

const PREDICT_OPTIONS: OptionNames<PredictOptions> = {
  model: true,
  parameters: true,
  inputs: true,
  inputShape: true,
  inputDivisor: true,
  vocabulary: true,
  backend: true,
};

/**
 * The model's outputs [n, …], row-major, on one thread; dropout is off. Each call plans anew: who asks more than once asks
 * a trained model.
 *
 * @throws ConfigError, ShapeError, DataError or NonFiniteError if model, parameters and inputs do not fit together, or
 * an input is missing, no number, or not finite
 */
export function predict(options: PredictOptions): Float32Array {
  checkOptions('predict', options, PREDICT_OPTIONS);
  const { model, inputShape, inputDivisor = 1 } = options;
  const backend = chooseBackend('predict', options.backend);
  const graph = outputAlone(toGraph(model, options));
  const vocabulary = options.vocabulary ?? takenVocabulary(graph);
  const values = networkValues(graph, toParameters('predict', options.parameters));
  const place = { what: 'predict', value: 'input', shape: inputShape };
  const inputs = toInputsOrTokens(options.inputs, vocabulary, place);
  checkDivisor('predict', inputDivisor, inputs);
  const layout = { inputShape, inputDivisor, vocabulary };
  checkNetworkInputs('predict', graph, layout);
  return new Inference(backend, graph, values, layout).compute(inputs);
}

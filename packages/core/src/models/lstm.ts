// Long short-term memory as a whole network: a language model over tokens, or a classifier or forecaster of series.
import { checkOptions, type OptionNames, requireInteger } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import { embedding } from '../layers/embedding.js';
import { lastStep } from '../layers/last-step.js';
import { linear } from '../layers/linear.js';
import { lstm as lstmLayer } from '../layers/lstm.js';
import type { Model } from '../model/model.js';
import { MAX_ELEMENTS } from '../shape.js';

interface LstmSizes {
  /** Units of a layer. Default 128. */
  readonly size?: number;
  /** Layers over each other. Default 1. */
  readonly layers?: number;
  /** Between layers, while training. Default 0, as it must be of one layer. */
  readonly dropout?: number;
}

/** What `models.lstm` takes for a language model. */
export interface LstmLanguageOptions extends LstmSizes {
  /** Tokens that there are: the model gives a score for each, at each place. */
  readonly vocabulary: number;
  /** Numbers that a token becomes. Default 128. */
  readonly embedding?: number;
}

/** What `models.lstm` takes for a series of numbers. */
export interface LstmSeriesOptions extends LstmSizes {
  /** Numbers of a step. */
  readonly features: number;
  /** Numbers that come out for a whole series: one for each class, or what is forecast. */
  readonly outputs: number;
  /** Whether each layer reads forward and backward. Default false. */
  readonly bidirectional?: boolean;
}

/** What `models.lstm` takes. */
export type LstmOptions = LstmLanguageOptions | LstmSeriesOptions;

const SIZES: OptionNames<LstmSizes> = { size: true, layers: true, dropout: true };
const LANGUAGE: OptionNames<LstmLanguageOptions> = { ...SIZES, vocabulary: true, embedding: true };
const SERIES: OptionNames<LstmSeriesOptions> = {
  ...SIZES,
  ...{ features: true, outputs: true, bidirectional: true },
};

/**
 * With `vocabulary` a language model: tokens [N, T] → scores [N, T, vocabulary] of what comes next, of any T. With `features`
 * a network of series: [N, T, features] → [N, outputs], from the state behind the last step.
 *
 * Parameters are called as in a PyTorch module with `self.embedding = nn.Embedding(vocabulary, embedding)` (of tokens),
 * `self.lstm = nn.LSTM(…, size, layers, batch_first=True)` and `self.head = nn.Linear(size, …)`: `embedding.weight`,
 * `lstm.weight_ih_l0`, …, `head.weight`, `head.bias`.
 *
 * @throws ConfigError if a size is no whole number of at least 1, or it is neither
 */
export function lstm(options: LstmOptions): Model {
  return 'features' in Object(options) && !('vocabulary' in options)
    ? ofSeries(options)
    : ofTokens(options as LstmLanguageOptions);
}

function ofTokens(options: LstmLanguageOptions): Model {
  checkOptions('lstm', options, LANGUAGE);
  const { vocabulary, size = 128, layers = 1, embedding: width = 128, dropout = 0 } = options;
  if (vocabulary === undefined) {
    throw new ConfigError(
      'lstm: expected { vocabulary } for tokens, or { features, outputs } for series',
    );
  }
  requireInteger('lstm', 'vocabulary', vocabulary, 1, MAX_ELEMENTS);
  requireInteger('lstm', 'embedding', width, 1, MAX_ELEMENTS);
  const core = stack(width, { size, layers, dropout }, false);
  return (tokens, scope) => {
    const embedded = embedding(vocabulary, width)(tokens, scope.child('embedding'));
    return linear(size, vocabulary)(core(embedded, scope.child('lstm')), scope.child('head'));
  };
}

function ofSeries(options: LstmSeriesOptions): Model {
  checkOptions('lstm', options, SERIES);
  const { features, outputs, size = 128, layers = 1, dropout = 0, bidirectional = false } = options;
  requireInteger('lstm', 'features', features, 1, MAX_ELEMENTS);
  requireInteger('lstm', 'outputs', outputs, 1, MAX_ELEMENTS);
  const core = stack(features, { size, layers, dropout }, bidirectional);
  return (x, scope) => {
    const last = lastStep(core(x, scope.child('lstm')), { bidirectional });
    return linear((bidirectional ? 2 : 1) * size, outputs)(last, scope.child('head'));
  };
}

function stack(
  inputs: number,
  { size, layers, dropout }: Required<LstmSizes>,
  bidirectional: boolean,
): Model {
  requireInteger('lstm', 'size', size, 1, MAX_ELEMENTS);
  requireInteger('lstm', 'layers', layers, 1, 1000);
  if (layers === 1 && dropout !== 0) {
    throw new ConfigError(
      `lstm: dropout ${dropout} is between layers, and there is one; take more of them (layers: 2, --depth 2), or leave it out`,
    );
  }
  return lstmLayer(inputs, size, { numLayers: layers, bidirectional, dropout });
}

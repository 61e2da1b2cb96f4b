// The embedding layer: a row of numbers for each token.
import { checkOptions, requireInteger } from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import { type Initializer, normal } from '../initializers/initializer.js';
import { applyOperator, requireTensor } from '../model/tensor.js';
import { sourceOf } from '../ops/registry.js';
import { formatShape, MAX_ELEMENTS } from '../shape.js';
import { type SharedLayer, shared } from './shared.js';

/** What `embedding` takes. */
export interface EmbeddingOptions {
  /** The token that is padding: its row begins with zeros and gets no gradient. Default: none. */
  readonly paddingIndex?: number | undefined;
  /** Default: normal with mean 0 and standard deviation 1, as in PyTorch. */
  readonly weightInit?: Initializer | undefined;
}

/**
 * Row t of `weight` [vocabulary, size] for each token t: tokens [N, …] of a dataset with a `vocabulary` → [N, …, size].
 *
 * As PyTorch's Embedding; in training only the rows of tokens that occur get a gradient that is not 0.
 *
 * @throws ConfigError if a size is not a positive whole number, or paddingIndex no token
 * @throws ShapeError when traced, if the input is no tokens, or the data has more of them than the layer
 */
export function embedding(
  vocabulary: number,
  size: number,
  options: EmbeddingOptions = {},
): SharedLayer {
  requireInteger('embedding', 'vocabulary', vocabulary, 1, MAX_ELEMENTS);
  requireInteger('embedding', 'size', size, 1, MAX_ELEMENTS);
  checkOptions('embedding', options, { paddingIndex: true, weightInit: true });
  const { paddingIndex, weightInit = normal() } = options;
  if (paddingIndex !== undefined) {
    requireInteger('embedding', 'paddingIndex', paddingIndex, 0, vocabulary - 1);
  }
  return shared((tokens, scope) => {
    requireTensor('embedding', tokens);
    if (tokens.type !== 'i32') {
      throw new ShapeError(
        `embedding: the input is ${formatShape(tokens.shape)} numbers, expected tokens: give the data its vocabulary, as fromArrays({ inputs, vocabulary: ${vocabulary} })`,
      );
    }
    const { op, attributes } = tokens.builder.node(tokens.node);
    if (sourceOf({ op }) === 'samples' && (attributes.vocabulary as number) > vocabulary) {
      throw new ConfigError(
        `embedding: the data has a vocabulary of ${attributes.vocabulary}, the layer was built for ${vocabulary}`,
      );
    }
    // An initialiser that leaves a row out already cannot leave out another one.
    const init =
      paddingIndex === undefined || weightInit.kind === 'zero-row'
        ? weightInit
        : ({ kind: 'zero-row', row: paddingIndex, of: weightInit } as const);
    const weight = scope.parameter('weight', [vocabulary, size], init);
    const padding = paddingIndex === undefined ? {} : { padding: paddingIndex };
    return applyOperator('embedding', [tokens, weight], padding);
  });
}

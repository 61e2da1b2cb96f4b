// What encoder layers and decoder layers of transformers have in common: their options, and the two linear layers that
// follow attention. Parameters are PyTorch's.
import {
  checkOptions,
  type OptionNames,
  requireBoolean,
  requireChoice,
  requireInteger,
  requireNumber,
} from '@lockstep/errors';
import { type Initializer, zeros } from '../initializers/initializer.js';
import type { Scope } from '../model/model.js';
import { add, type Tensor } from '../model/tensor.js';
import { MAX_ELEMENTS } from '../shape.js';
import { relu } from './activations.js';
import { dropout } from './dropout.js';
import { gelu } from './gelu.js';
import { layerNorm } from './layer-norm.js';
import { linear } from './linear.js';
import type { MultiHeadAttentionOptions } from './multi-head-attention.js';
import type { SharedLayer } from './shared.js';

const ACTIVATIONS = { relu, gelu } as const;

/** What stands between the two linear layers. */
export type TransformerActivation = keyof typeof ACTIVATIONS;
const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as readonly TransformerActivation[];

/** What every layer of a transformer takes. */
export interface TransformerLayerOptions {
  /** Features between the two linear layers. Default 2048, as in PyTorch. */
  readonly feedForward?: number;
  /** Default 0.1, as in PyTorch: of probabilities, between the linear layers, and of what is added to the input. */
  readonly dropout?: number;
  /** Default relu. */
  readonly activation?: TransformerActivation;
  /** Added to the variance in normalisations. Default 1e-5. */
  readonly epsilon?: number;
  /** Whether normalisation comes before attention and linear layers, and not behind them. Default false. */
  readonly normFirst?: boolean;
  /** Whether linear layers, projections and normalisations have biases. Default true. */
  readonly bias?: boolean;
  /** Whether position i sees the positions 0 … i only. Default false in encoders, true in decoders. */
  readonly causal?: boolean;
  /** Whether positions turn queries and keys of self-attention, see `rotaryEmbedding`. Default false. */
  readonly rotary?: boolean;
  /** Of all weight matrices; their biases are then 0. Default: as in PyTorch. */
  readonly weightInit?: Initializer;
  /** Of those matrices whose product is added to the layer's input. Default: weightInit. */
  readonly residualInit?: Initializer;
}

export const TRANSFORMER_OPTIONS: OptionNames<TransformerLayerOptions> = {
  feedForward: true,
  dropout: true,
  activation: true,
  epsilon: true,
  normFirst: true,
  bias: true,
  causal: true,
  rotary: true,
  weightInit: true,
  residualInit: true,
};

interface Parts {
  readonly normFirst: boolean;
  readonly attention: MultiHeadAttentionOptions;
  readonly norm: () => SharedLayer;
  /** Two linear layers, `linear1` and `linear2` of the scope. */
  feedForward(x: Tensor, scope: Scope): Tensor;
  /** x + f(x), with a normalisation before f or behind the sum, called `norm`. */
  residual(x: Tensor, scope: Scope, norm: string, f: (x: Tensor) => Tensor): Tensor;
}

/** @throws ConfigError if a size or an option is not what it should be */
export function transformerParts(
  what: string,
  size: number,
  options: TransformerLayerOptions,
  causalByDefault: boolean,
): Parts {
  checkOptions(what, options, TRANSFORMER_OPTIONS);
  const { feedForward = 2048, dropout: rate = 0.1, activation = 'relu', epsilon = 1e-5 } = options;
  const { normFirst = false, bias = true, causal = causalByDefault, rotary = false } = options;
  const { weightInit, residualInit = weightInit } = options;
  requireInteger(what, 'size', size, 1, MAX_ELEMENTS);
  requireInteger(what, 'feedForward', feedForward, 1, MAX_ELEMENTS);
  requireNumber(what, 'dropout', rate, { min: 0, below: 1 });
  requireChoice(what, 'activation', activation, ACTIVATION_NAMES);
  requireNumber(what, 'epsilon', epsilon, { min: 0 });
  requireBoolean(what, 'normFirst', normFirst);
  requireBoolean(what, 'bias', bias);
  const inits = (init: Initializer | undefined) => init && { weightInit: init, biasInit: zeros() };
  const first = linear(size, feedForward, { bias, ...inits(weightInit) });
  const second = linear(feedForward, size, { bias, ...inits(residualInit) });
  const dropped = (x: Tensor, scope: Scope): Tensor => (rate > 0 ? dropout(rate)(x, scope) : x);
  const norm = (): SharedLayer => layerNorm(size, { epsilon, bias });
  return {
    normFirst,
    norm,
    attention: {
      dropout: rate,
      bias,
      causal,
      rotary,
      ...(weightInit && { weightInit }),
      ...(residualInit && { outputInit: residualInit }),
    },
    feedForward(x, scope) {
      const hidden = ACTIVATIONS[activation](first(x, scope.child('linear1')));
      return second(dropped(hidden, scope), scope.child('linear2'));
    },
    residual(x, scope, name, f) {
      const place = scope.child(name);
      if (normFirst) return add(x, dropped(f(norm()(x, place)), scope));
      return norm()(add(x, dropped(f(x), scope)), place);
    },
  };
}

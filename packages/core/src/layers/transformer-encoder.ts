// The encoder of transformers: layers of self-attention and of two linear layers. With causal attention it is what
// language models are made of, too, where it is called a decoder without cross-attention.
import { checkOptions, type OptionNames, requireBoolean, requireInteger } from '@lockstep/errors';
import { type AttentionCall, multiHeadAttention } from './multi-head-attention.js';
import { type SharedLayer, shared } from './shared.js';
import {
  TRANSFORMER_OPTIONS,
  type TransformerLayerOptions,
  transformerParts,
} from './transformer-parts.js';

/** What an encoder is told besides its input: which positions count, as `multiHeadAttention` takes it. */
export type EncoderCall = Pick<AttentionCall, 'keyMask'>;

/** The most layers of one stack. */
export const MAX_STACK = 1000;

/** What `transformerEncoder` takes. */
export interface TransformerEncoderOptions extends TransformerLayerOptions {
  /** How many layers there are. Default 6. */
  readonly layers?: number;
  /** Whether there is a normalisation, `norm`, behind the last one. Default: normFirst. */
  readonly norm?: boolean;
}

export const ENCODER_OPTIONS: OptionNames<TransformerEncoderOptions> = {
  ...TRANSFORMER_OPTIONS,
  layers: true,
  norm: true,
};

/**
 * x [N, T, size] + attention of it to itself, + two linear layers of that, each normalised. As PyTorch's
 * TransformerEncoderLayer with batch_first, of whose parameters it has the names: `self_attn.in_proj_weight`, …,
 * `linear1.weight`, `linear2.weight`, `norm1.weight`, `norm2.weight` and biases.
 *
 * @param heads into which `size` features are cut
 * @throws ConfigError if a size or an option is not what it should be
 * Source: Vaswani et al., Attention is all you need (2017), §3.1; normFirst: Xiong et al. (2020).
 */
export function transformerEncoderLayer(
  size: number,
  heads: number,
  options: TransformerLayerOptions = {},
): SharedLayer<[call?: EncoderCall]> {
  const parts = transformerParts('transformerEncoderLayer', size, options, false);
  const attend = multiHeadAttention(size, heads, parts.attention);
  return shared((x, scope, call = {}) => {
    checkOptions('transformerEncoderLayer', call, { keyMask: true });
    const attended = parts.residual(x, scope, 'norm1', (input) =>
      attend(input, scope.child('self_attn'), call),
    );
    return parts.residual(attended, scope, 'norm2', (input) => parts.feedForward(input, scope));
  });
}

/**
 * Layers `layers.0`, `layers.1`, … as `transformerEncoderLayer` makes them, and perhaps a normalisation `norm` behind them.
 * As PyTorch's TransformerEncoder.
 *
 * @throws as `transformerEncoderLayer`
 */
export function transformerEncoder(
  size: number,
  heads: number,
  options: TransformerEncoderOptions = {},
): SharedLayer<[call?: EncoderCall]> {
  checkOptions('transformerEncoder', options, ENCODER_OPTIONS);
  const { layers = 6, norm = options.normFirst ?? false, ...each } = options;
  requireInteger('transformerEncoder', 'layers', layers, 1, MAX_STACK);
  requireBoolean('transformerEncoder', 'norm', norm);
  const stack = Array.from({ length: layers }, () => transformerEncoderLayer(size, heads, each));
  const last = transformerParts('transformerEncoder', size, each, false).norm();
  return shared((x, scope, call = {}) => {
    const place = scope.child('layers');
    const output = stack.reduce((input, layer, i) => layer(input, place.child(`${i}`), call), x);
    return norm ? last(output, scope.child('norm')) : output;
  });
}

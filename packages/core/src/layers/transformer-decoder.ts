// The decoder of transformers: layers of self-attention, of attention to what an encoder gave, and of two linear layers.
import { checkOptions, type OptionNames, requireBoolean, requireInteger } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import type { Tensor } from '../model/tensor.js';
import { multiHeadAttention } from './multi-head-attention.js';
import { type SharedLayer, shared } from './shared.js';
import {
  ENCODER_OPTIONS,
  MAX_STACK,
  type TransformerEncoderOptions,
} from './transformer-encoder.js';
import { type TransformerLayerOptions, transformerParts } from './transformer-parts.js';

/** What a decoder is told besides its input. */
export interface DecoderCall {
  /** [N, Tk, size], what the encoder gave. */
  readonly memory: Tensor;
  /** [N, T] or [T], 0 where a position of the input does not count. */
  readonly keyMask?: Tensor | undefined;
  /** [N, Tk] or [Tk], 0 where one of the memory does not. */
  readonly memoryKeyMask?: Tensor | undefined;
}

const CALL: OptionNames<DecoderCall> = { memory: true, keyMask: true, memoryKeyMask: true };

/**
 * x [N, T, size] + attention of it to itself, + attention of that to a memory, + two linear layers of that, each normalised:
 * layer(x, scope, { memory }). As PyTorch's TransformerDecoderLayer with batch_first, of whose parameters it has the names:
 * `self_attn.…`, `multihead_attn.…`, `linear1`, `linear2`, `norm1`, `norm2`, `norm3`. Unlike there, self-attention is causal
 * unless the option says otherwise.
 *
 * @throws ConfigError if a size or an option is not what it should be, or there is no memory
 * Source: Vaswani et al., Attention is all you need (2017), §3.1.
 */
export function transformerDecoderLayer(
  size: number,
  heads: number,
  options: TransformerLayerOptions = {},
): SharedLayer<[call?: DecoderCall]> {
  const parts = transformerParts('transformerDecoderLayer', size, options, true);
  const attend = multiHeadAttention(size, heads, parts.attention);
  const look = multiHeadAttention(size, heads, {
    ...parts.attention,
    causal: false,
    rotary: false,
  });
  return shared((x, scope, call) => {
    if (call?.memory === undefined) {
      throw new ConfigError(
        'transformerDecoderLayer: it has no memory to look at; call it as layer(x, scope, { memory })',
      );
    }
    checkOptions('transformerDecoderLayer', call, CALL);
    const { memory, keyMask, memoryKeyMask } = call;
    const attended = parts.residual(x, scope, 'norm1', (input) =>
      attend(input, scope.child('self_attn'), { keyMask }),
    );
    const looked = parts.residual(attended, scope, 'norm2', (input) =>
      look(input, scope.child('multihead_attn'), { memory, keyMask: memoryKeyMask }),
    );
    return parts.residual(looked, scope, 'norm3', (input) => parts.feedForward(input, scope));
  });
}

/**
 * Layers `layers.0`, `layers.1`, … as `transformerDecoderLayer` makes them, and perhaps a normalisation `norm` behind them:
 * decoder(x, scope, { memory }). As PyTorch's TransformerDecoder.
 *
 * @throws as `transformerDecoderLayer`
 */
export function transformerDecoder(
  size: number,
  heads: number,
  options: TransformerEncoderOptions = {},
): SharedLayer<[call?: DecoderCall]> {
  checkOptions('transformerDecoder', options, ENCODER_OPTIONS);
  const { layers = 6, norm = options.normFirst ?? false, ...each } = options;
  requireInteger('transformerDecoder', 'layers', layers, 1, MAX_STACK);
  requireBoolean('transformerDecoder', 'norm', norm);
  const stack = Array.from({ length: layers }, () => transformerDecoderLayer(size, heads, each));
  const last = transformerParts('transformerDecoder', size, each, true).norm();
  return shared((x, scope, call) => {
    const place = scope.child('layers');
    const output = stack.reduce((input, layer, i) => layer(input, place.child(`${i}`), call), x);
    return norm ? last(output, scope.child('norm')) : output;
  });
}

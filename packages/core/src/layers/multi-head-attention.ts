// Attention of several heads, with the projections before and behind it. Parameters are PyTorch's.
import {
  checkOptions,
  type OptionNames,
  requireBoolean,
  requireInteger,
  requireNumber,
} from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import {
  type Initializer,
  kaimingUniform,
  xavierUniform,
  zeros,
} from '../initializers/initializer.js';
import { attendTo, attendToItself } from '../model/attention.js';
import { slice } from '../model/joining.js';
import type { Scope } from '../model/model.js';
import { add, matmul, requireFloats, type Tensor, transpose } from '../model/tensor.js';
import { formatShape, MAX_ELEMENTS } from '../shape.js';
import { turnHeads } from './rotary-embedding.js';
import { type SharedLayer, shared } from './shared.js';

/** What `multiHeadAttention` takes. */
export interface MultiHeadAttentionOptions {
  /** Share of the probabilities that are dropped in training. Default 0. */
  readonly dropout?: number;
  /** Whether the projections have biases. Default true. */
  readonly bias?: boolean;
  /** Whether position i sees the positions 0 … i only. Default false. */
  readonly causal?: boolean;
  /** Whether queries and keys are turned by their positions, see `rotaryEmbedding`; of self-attention. Default false. */
  readonly rotary?: boolean;
  /** Of in_proj_weight. Default: Xavier uniform, as in PyTorch. */
  readonly weightInit?: Initializer;
  /** Of out_proj.weight. Default: Kaiming uniform with a = √5, as in PyTorch. */
  readonly outputInit?: Initializer;
}

/** What attention is told besides its input. */
export interface AttentionCall {
  /** [N, Tk, E], what is looked at instead of the input itself. */
  readonly memory?: Tensor | undefined;
  /** [N, Tk] or [Tk], 0 where a key does not count, as behind a text's end. A query that sees no key gives 0. */
  readonly keyMask?: Tensor | undefined;
}

/** A layer that is called as (x, scope), and may be told what it looks at: (x, scope, { memory, keyMask }). */
export type MultiHeadAttention = SharedLayer<[call?: AttentionCall]>;

const OPTIONS: OptionNames<MultiHeadAttentionOptions> = {
  dropout: true,
  bias: true,
  causal: true,
  rotary: true,
  weightInit: true,
  outputInit: true,
};

const CALL: OptionNames<AttentionCall> = { memory: true, keyMask: true };

/**
 * Multi-head attention of x [N, T, size] to itself, or to `memory` [N, Tk, size]; gives [N, T, size]. As PyTorch's
 * MultiheadAttention with batch_first, of whose parameters it has the names: `in_proj_weight` [3 size, size],
 * `in_proj_bias`, `out_proj.weight` [size, size] and `out_proj.bias`.
 *
 * ```ts
 * const layer = multiHeadAttention(64, 4, { causal: true });
 * const y = layer(x, scope.child('attention'));
 * const z = layer(x, scope.child('attention'), { memory, keyMask });
 * ```
 *
 * @param size features, cut into `heads` stretches of equal size
 * @throws ConfigError if a size or an option is not what it should be
 * @throws ShapeError when traced, if an input has another size
 * Source: Vaswani et al., Attention is all you need (2017), §3.2.2.
 */
export function multiHeadAttention(
  size: number,
  heads: number,
  options: MultiHeadAttentionOptions = {},
): MultiHeadAttention {
  requireInteger('multiHeadAttention', 'size', size, 1, MAX_ELEMENTS);
  requireInteger('multiHeadAttention', 'heads', heads, 1, size);
  checkOptions('multiHeadAttention', options, OPTIONS);
  const { dropout = 0, bias = true, causal = false, rotary = false } = options;
  const { weightInit = xavierUniform(), outputInit = kaimingUniform({ a: Math.sqrt(5) }) } =
    options;
  if (size % heads !== 0) {
    throw new ConfigError(
      `multiHeadAttention: ${size} features cannot be cut into ${heads} heads of equal size`,
    );
  }
  requireNumber('multiHeadAttention', 'dropout', dropout, { min: 0, below: 1 });
  requireBoolean('multiHeadAttention', 'bias', bias);
  requireBoolean('multiHeadAttention', 'causal', causal);
  requireBoolean('multiHeadAttention', 'rotary', rotary);
  if (rotary && (size / heads) % 2 !== 0) {
    throw new ConfigError(
      `multiHeadAttention: rotary positions turn features in pairs, and heads of ${size / heads} features (${size} in ${heads} heads) leave one over; take another size, or other heads`,
    );
  }
  return shared((x: Tensor, scope: Scope, call: AttentionCall = {}) => {
    checkOptions('multiHeadAttention', call, CALL);
    const { memory, keyMask } = call;
    const weight = scope.parameter('in_proj_weight', [3 * size, size], weightInit);
    const biases = bias ? scope.parameter('in_proj_bias', [3 * size], zeros()) : undefined;
    /** Rows [first, end) of the projections. */
    const project = (input: Tensor, first: number, end: number): Tensor => {
      requireSequence(input, size);
      const product = matmul(input, transpose(slice(weight, first * size, end * size, 0)));
      return biases ? add(product, slice(biases, first * size, end * size, 0)) : product;
    };
    const weighing = {
      heads,
      causal,
      keyMask,
      dropout: dropout > 0 ? { rate: dropout, layer: scope.nextDropoutLayer() } : undefined,
    };
    const attended = (): Tensor => {
      if (memory === undefined) {
        const qkv = project(x, 0, 3);
        const turned = rotary
          ? turnHeads(qkv, scope, { heads: 2 * heads, size: size / heads })
          : qkv;
        return attendToItself(turned, weighing);
      }
      if (rotary) {
        throw new ConfigError(
          'multiHeadAttention: rotary positions are of a sequence that attends to itself; give no memory',
        );
      }
      return attendTo(project(x, 0, 1), project(memory, 1, 3), weighing);
    };
    const mixed = attended();
    const output = scope.child('out_proj');
    const product = matmul(mixed, transpose(output.parameter('weight', [size, size], outputInit)));
    return bias ? add(product, output.parameter('bias', [size], zeros())) : product;
  });
}

function requireSequence(x: Tensor, size: number): void {
  requireFloats('multiHeadAttention', x);
  if (x.shape.length === 3 && x.shape[2] === size) return;
  throw new ShapeError(
    `multiHeadAttention: input is ${formatShape(x.shape)}, expected [N, T, ${size}], sequences of positions with ${size} features`,
  );
}

// Attention over tensors: the operators of ops/ in the words of whoever writes a model.
import {
  checkOptions,
  type OptionNames,
  requireBoolean,
  requireInteger,
  requireNumber,
} from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { formatShape, MAX_ELEMENTS } from '../shape.js';
import { concat } from './joining.js';
import { applyOperator, requireTensor, type Tensor } from './tensor.js';

/** What scores and probabilities are made with. */
export interface Weighing {
  readonly heads: number;
  readonly causal: boolean;
  /** Left out: 1 / √(features of a head). */
  readonly scale?: number | undefined;
  readonly keyMask?: Tensor | undefined;
  /** Rate and number of its dropout. */
  readonly dropout?: { readonly rate: number; readonly layer: number } | undefined;
}

/** What `attention` takes. */
export interface AttentionOptions {
  /** The features are cut into so many stretches, each of which attends by itself. Default 1. */
  readonly heads?: number;
  /** Whether query i sees the keys 0 … i only. Default false. */
  readonly causal?: boolean;
  /** [N, Tk] or [Tk], 0 where a key does not count. Default: all count. */
  readonly keyMask?: Tensor;
  /** Of the scores. Default: 1 / √(features of a head). */
  readonly scale?: number;
}

const OPTIONS: OptionNames<AttentionOptions> = {
  heads: true,
  causal: true,
  keyMask: true,
  scale: true,
};

/**
 * softmax(scale · query · keyᵀ) · value, for each head of the features; a query that sees no key gives 0. As PyTorch's
 * scaled_dot_product_attention, with heads side by side in the last axis, and masks that say which keys count.
 *
 * @param query [N, Tq, E]
 * @param key and value [N, Tk, E]
 * @returns [N, Tq, E]
 * @throws ConfigError if an option is not what it should be
 * @throws ShapeError if the shapes do not fit
 * Source: Vaswani et al., Attention is all you need (2017), §3.2.
 */
export function attention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  checkOptions('attention', options, OPTIONS);
  const { heads = 1, causal = false, keyMask, scale } = options;
  requireInteger('attention', 'heads', heads, 1, MAX_ELEMENTS);
  requireBoolean('attention', 'causal', causal);
  if (scale !== undefined) requireNumber('attention', 'scale', scale);
  for (const tensor of [query, key, value]) requireTensor('attention', tensor);
  if (value.shape.at(-1) !== key.shape.at(-1)) {
    throw new ShapeError(
      `attention: keys are ${formatShape(key.shape)}, values ${formatShape(value.shape)}, expected the same`,
    );
  }
  return attendTo(query, concat([key, value]), { heads, causal, keyMask, scale });
}

/** @param qkv [N, T, 3E] queries, keys and values of one sequence @returns [N, T, E] */
export function attendToItself(qkv: Tensor, weighing: Weighing): Tensor {
  const [, length, packed] = qkv.shape as readonly [unknown, number, number];
  return outputOf('selfAttention', [qkv], [length, packed / 3], weighing);
}

/** @param kv [N, Tk, 2E] keys and values of another sequence @returns [N, Tq, E], as q */
export function attendTo(q: Tensor, kv: Tensor, weighing: Weighing): Tensor {
  const [, length, width] = q.shape as readonly [unknown, number, number];
  return outputOf('crossAttention', [q, kv], [length, width], weighing);
}

function outputOf(
  op: string,
  tensors: readonly Tensor[],
  [length, width]: readonly [number, number],
  { heads, causal, scale = 1 / Math.sqrt(width / heads), keyMask, dropout }: Weighing,
): Tensor {
  const inputs = keyMask === undefined ? tensors : [...tensors, keyMask];
  const attributes = {
    heads,
    causal: causal ? 1 : 0,
    scale,
    ...(dropout && dropout.rate > 0 && dropout),
  };
  const record = applyOperator(op, inputs, attributes);
  return applyOperator('recordOutput', [record], { shape: ['N', length, width] });
}

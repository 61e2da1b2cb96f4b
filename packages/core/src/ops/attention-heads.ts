// What self-attention and cross-attention have in common: their attributes, how queries, keys and values lie in the
// tensors that hold them, and what the kernels are called with. Either gives a record: the output [Tq, E] of all samples,
// and behind it [N, heads, Tq], each row's log-sum-exp, from which the gradient makes the probabilities again.
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { STREAM } from '../random/streams.js';
import { type Count, formatShape, isBatched, type Shape } from '../shape.js';
import { MAX_DROPOUT_LAYERS } from './dropout.js';
import {
  type AttributeRule,
  type KernelArgument,
  numberAttribute,
  type ReadTensor,
} from './operator.js';

/**
 * heads: E is cut into so many stretches. causal: 1 if query i sees the keys 0 … i only. scale: of the scores.
 * rate, layer: as of `dropout`, of the probabilities; left out for none.
 */
export const HEADS_ATTRIBUTES: Readonly<Record<string, AttributeRule>> = {
  heads: 'integer',
  causal: 'integer',
  scale: 'finite',
};
export const DROPOUT_ATTRIBUTES: Readonly<Record<string, AttributeRule>> = {
  rate: 'finite',
  layer: 'integer',
};

/** Sizes of one sample. */
export interface Heads {
  readonly heads: number;
  /** Features of one head. */
  readonly size: number;
  readonly queries: number;
  readonly keys: number;
}

/** Most blocks of random numbers that one sample's probabilities take: what one word counts. */
const MAX_BLOCKS = 2 ** 32;

/** @throws ShapeError if the attributes or the mask do not fit tensors of `queries` and `keys` rows of `width` features */
export function checkHeads(
  op: string,
  { queries, keys, width }: { queries: number; keys: number; width: number },
  attributes: Attributes,
  mask: ReadTensor | undefined,
): Heads {
  const fail = (what: string): never => {
    throw new ShapeError(`${op}: ${what}`);
  };
  const { heads, causal, rate, layer } = attributes as Readonly<Record<string, number>>;
  if (!(heads! >= 1 && width % heads! === 0)) {
    fail(`${width} features cannot be cut into ${heads} heads of equal size`);
  }
  if (causal !== 0 && causal !== 1) fail(`causal is ${causal}, expected 0 or 1`);
  if ((rate === undefined) !== (layer === undefined)) fail('rate and layer go together');
  const blocks = heads! * queries * Math.ceil(keys / 4);
  if (rate !== undefined) {
    if (!(rate >= 0 && rate < 1)) fail(`rate is ${rate}, expected at least 0 and below 1`);
    if (!(layer! >= 0 && layer! < MAX_DROPOUT_LAYERS)) {
      fail(`layer number ${layer} is not in [0, ${MAX_DROPOUT_LAYERS})`);
    }
    if (blocks > MAX_BLOCKS) {
      fail(`${heads} heads of ${queries} × ${keys} probabilities are too many to drop some of`);
    }
  }
  if (mask) {
    const [last] = mask.shape.slice(-1);
    const fits = mask.shape.length === (isBatched(mask.shape) ? 2 : 1) && last === keys;
    if (!fits) {
      fail(`the key mask is ${formatShape(mask.shape)}, expected [N, ${keys}] or [${keys}]`);
    }
  }
  return { heads: heads!, size: width / heads!, queries, keys };
}

/** A record's shape. */
export function recordShape({ heads, size, queries }: Heads): Shape {
  return ['N', queries * heads * size + heads * queries];
}

/** Where in a record the log-sum-exps begin. */
export function lseStart({ heads, size, queries }: Heads): Count {
  return { perRow: queries * heads * size, constant: 0 };
}

function inEights(n: number): number {
  return 8 * Math.ceil(n / 8);
}

/** Floats of scratch, as the contract of the kernels says. */
export function forwardScratch({ keys, size }: Heads): Count {
  const [k, d] = [inEights(keys), inEights(size)];
  return { perRow: 0, constant: 2 * k * d + 4 * k + 8 * d };
}

export function gradientScratch({ keys, size }: Heads): Count {
  const [k, d] = [inEights(keys), inEights(size)];
  return { perRow: 0, constant: 5 * k * d + 32 * k + 48 * d };
}

/** A random word below this drops its probability; 0 for none. */
export function dropThreshold({ rate = 0 }: Attributes): number {
  return Math.floor((rate as number) * 2 ** 32);
}

export function keptScale({ rate = 0 }: Attributes): number {
  return 1 / (1 - (rate as number));
}

export function dropStream({ layer = 0 }: Attributes): number {
  return STREAM.dropout + (layer as number);
}

/** The sizes as the kernels take them, with rows so many floats apart. */
export function sizeArguments({ heads, size, queries, keys }: Heads, qRow: number, kvRow: number) {
  return [{ perRow: 1, constant: 0 }, heads, size, queries, keys, qRow, kvRow] as const;
}

/** The rest of what the kernels take. */
export function weighingArguments(
  { keys }: Heads,
  attributes: Attributes,
  mask: ReadTensor | undefined,
) {
  const threshold = dropThreshold(attributes);
  const seeds =
    threshold === 0
      ? ([0, 0, 0, 0] as const)
      : ([
          { runtime: 'seedLow' },
          { runtime: 'seedHigh' },
          dropStream(attributes),
          { runtime: 'epoch' },
        ] as const);
  return [
    mask && isBatched(mask.shape) ? keys : 0,
    numberAttribute(attributes, 'causal') === 1 ? 0 : keys,
    numberAttribute(attributes, 'scale'),
    threshold === 0 ? (0 as const) : ({ runtime: 'sampleIds' } as const),
    threshold,
    keptScale(attributes),
    ...seeds,
  ] as const satisfies readonly KernelArgument[];
}

/** The attributes of the same attention in evaluation, where nothing is dropped. */
export function withoutDropout({ heads, causal, scale }: Attributes): Attributes {
  return { heads: heads!, causal: causal!, scale: scale! };
}

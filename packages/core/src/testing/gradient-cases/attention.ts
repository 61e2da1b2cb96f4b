// Attention of a few heads, with and without causal masks, key masks and dropout.
import { applyOperator, broadcast, type Tensor } from '../../model/tensor.js';
import type { Build, Case } from '../gradient-case.js';

function attributesOf({ random }: Build, heads: number) {
  return {
    heads,
    causal: random.integer(0, 1),
    scale: random.pick([0.5, 1]),
    ...(random.next() < 0.4 && { rate: 0.3, layer: random.integer(0, 9) }),
  };
}

/** A mask in which some keys count and some do not, of each sample or of all; or none. */
function maskOf({ random, constant }: Build, keys: number): Tensor[] {
  if (random.next() < 0.5) return [];
  const drawn = applyOperator('step', [constant([keys])]);
  return [random.next() < 0.5 ? drawn : broadcast(drawn, ['N', keys])];
}

/** What is given by attention, of which the record is no part. */
function outputOf(
  op: string,
  build: Build,
  tensors: readonly Tensor[],
  heads: number,
  keys: number,
) {
  const record = applyOperator(
    op,
    [...tensors, ...maskOf(build, keys)],
    attributesOf(build, heads),
  );
  const [, queries, width] = tensors[0]!.shape as readonly number[];
  const shape = ['N' as const, queries!, op === 'selfAttention' ? width! / 3 : width!];
  return applyOperator('recordOutput', [record], { shape });
}

function ofItself(build: Build): Tensor {
  const { random } = build;
  const [heads, size, length] = [random.integer(1, 2), random.integer(1, 3), random.integer(1, 4)];
  const qkv = build.batched([length, 3 * heads * size]);
  return outputOf('selfAttention', build, [qkv], heads, length);
}

export const ATTENTION_CASES: Readonly<Record<string, Case>> = {
  rotary(build) {
    const { random } = build;
    const [heads, size, length] = [
      random.integer(1, 2),
      2 * random.integer(1, 2),
      random.integer(1, 3),
    ];
    const x = build.batched([length, heads * size + random.integer(0, 2)]);
    // A table that gradients do not reach, as there is none of it.
    const table = applyOperator('step', [build.constant([length, size])]);
    return applyOperator('rotary', [x, table], { heads, back: random.integer(0, 1) });
  },
  selfAttention: ofItself,
  recordOutput: ofItself,
  crossAttention(build) {
    const { random } = build;
    const [heads, size] = [random.integer(1, 2), random.integer(1, 3)];
    const [queries, keys] = [random.integer(1, 4), random.integer(1, 4)];
    const q = build.batched([queries, heads * size]);
    const kv = build.batched([keys, 2 * heads * size]);
    return outputOf('crossAttention', build, [q, kv], heads, keys);
  },
};

// Attention in ONNX, as the products and the softmax that it is made of: opset 15 has no operator that does it at once.
import type { Attributes } from '../graph/graph.js';
import type { Heads } from './attention-heads.js';
import { type OnnxBuilder, truth } from './onnx.js';
import { numberAttribute } from './operator.js';

/** What stands for -inf: a softmax makes exactly 0 of it, and rows that are all of it stay numbers. */
const NEVER = -1e30;

/** Features [first, first + width) of the last axis of a tensor [N, T, …]. */
export function featuresOf(builder: OnnxBuilder, x: string, first: number, width: number): string {
  const lists = [[first], [first + width], [2]].map((list) => builder.integers(list));
  return builder.add('Slice', [x, ...lists]);
}

/** The output [N, queries, heads size] from q, k and v of [N, .., heads size]. */
export function attentionInOnnx(
  builder: OnnxBuilder,
  { heads, size, queries, keys }: Heads,
  attributes: Attributes,
  [q, k, v]: readonly [string, string, string],
  mask: { readonly name: string; readonly shape: readonly unknown[] } | undefined,
): string {
  const inHeads = (x: string, rows: number, perm: readonly number[]): string =>
    builder.add(
      'Transpose',
      [builder.add('Reshape', [x, builder.integers([0, rows, heads, size])])],
      { perm: { ints: perm } },
    );
  let scores = builder.add('Mul', [
    builder.add('MatMul', [inHeads(q, queries, [0, 2, 1, 3]), inHeads(k, keys, [0, 2, 3, 1])]),
    builder.scalar(numberAttribute(attributes, 'scale')),
  ]);
  const isCausal = attributes.causal === 1;
  const above = (value: number): string =>
    builder.add(
      'Trilu',
      [
        builder.add('Expand', [builder.scalar(value), builder.integers([queries, keys])]),
        builder.integers([1]),
      ],
      { upper: { i: 1 } },
    );
  if (isCausal) scores = builder.add('Add', [scores, above(NEVER)]);
  let counts: string | undefined;
  if (mask) {
    const isZero = builder.add('Equal', [mask.name, builder.scalar(0)]);
    const flat = truth(builder, builder.add('Not', [isZero]));
    counts =
      mask.shape.length === 1
        ? flat
        : builder.add('Reshape', [flat, builder.integers([0, 1, 1, keys])]);
    const bias = builder.add('Mul', [
      builder.add('Sub', [builder.scalar(1), counts]),
      builder.scalar(NEVER),
    ]);
    scores = builder.add('Add', [scores, bias]);
  }
  let weights = builder.add('Softmax', [scores], { axis: { i: -1 } });
  // A query that sees no key at all gives 0.
  if (counts !== undefined) {
    weights = builder.add('Mul', [weights, counts]);
    if (isCausal) {
      weights = builder.add('Mul', [weights, builder.add('Sub', [builder.scalar(1), above(1)])]);
    }
  }
  const mixed = builder.add('MatMul', [weights, inHeads(v, keys, [0, 2, 1, 3])]);
  const back = builder.add('Transpose', [mixed], { perm: { ints: [0, 2, 1, 3] } });
  return builder.add('Reshape', [back, builder.integers([0, queries, heads * size])]);
}

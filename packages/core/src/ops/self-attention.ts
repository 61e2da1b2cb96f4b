// Scaled dot-product attention of a sequence to itself. Input qkv [N, T, 3E], the queries, keys and values of each
// position as one product gives them, and perhaps a key mask [N, T] or [T]: a key counts where it is not 0. A record
// (attention-heads.ts) whose output is [N, T, E]. No [T, T] is kept: the gradient makes the scores again.
// Source: Vaswani et al., Attention is all you need (2017), §3.2; Dao et al., FlashAttention (2022).
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { formatShape, isBatched, type Shape } from '../shape.js';
import {
  checkHeads,
  DROPOUT_ATTRIBUTES,
  forwardScratch,
  gradientScratch,
  HEADS_ATTRIBUTES,
  type Heads,
  lseStart,
  recordShape,
  sizeArguments,
  weighingArguments,
  withoutDropout,
} from './attention-heads.js';
import { attentionInOnnx, featuresOf } from './attention-onnx.js';
import { attend, attendBack, type Rows } from './attention-reference.js';
import type { ComputeOperator, ReadTensor, Value } from './operator.js';

function headsOf(qkv: ReadTensor, attributes: Attributes, mask?: ReadTensor): Heads {
  const { shape } = qkv;
  const [, rows, packed] = shape as readonly number[];
  if (shape.length !== 3 || !isBatched(shape) || packed! % 3 !== 0) {
    throw new ShapeError(
      `selfAttention: queries, keys and values are ${formatShape(shape)}, expected [N, T, 3E]`,
    );
  }
  const sizes = { queries: rows!, keys: rows!, width: packed! / 3 };
  return checkHeads('selfAttention', sizes, attributes, mask);
}

function rowsOf({ data, shape }: Value): readonly [Rows, Rows, Rows] {
  const [, length, row] = shape as readonly [number, number, number];
  const part = (index: number): Rows => ({
    data,
    start: (index * row) / 3,
    sample: length * row,
    row,
  });
  return [part(0), part(1), part(2)];
}

const read = ({ shape }: Value): ReadTensor => ({ shape: ['N', ...shape.slice(1)], type: 'f32' });

export const selfAttention: ComputeOperator = {
  name: 'selfAttention',
  kind: 'compute',
  inputs: ['f32'],
  optionalInputs: ['f32'],
  outputType: 'record',
  attributes: HEADS_ATTRIBUTES,
  optionalAttributes: DROPOUT_ATTRIBUTES,
  inModels: true,
  shape: ([qkv, mask], attributes) => recordShape(headsOf(qkv!, attributes, mask)),
  inEvaluation: ({ builder, attributes, inputs }) =>
    builder.add('selfAttention', inputs, withoutDropout(attributes)),
  gradient: ({ builder, node, inputs: [qkv, ...mask], output, dOutput }) => [
    builder.add('selfAttentionGrad', [dOutput, qkv!, output, ...mask], node.attributes),
  ],
  // Keys and values of the positions so far are handed on, and which these are: a mask of keys.
  onePosition({ builder, node, shapes, inputs: [qkv, mask], positions, position, carry }) {
    const { attributes } = node;
    if (mask || qkv!.axis !== 1 || attributes.causal !== 1) return undefined;
    const { heads, size } = headsOf({ shape: shapes[0]!, type: 'f32' }, attributes);
    const width = heads * size;
    const part = (start: number, length: number): number =>
      builder.add('slice', [qkv!.node], { axis: 2, start, length });
    const here = builder.add('oneHot', [position], { classes: positions });
    const put = (shape: Shape, value: number): number => {
      const { before, becomes } = carry(shape);
      const now = builder.add('add', [before, value]);
      becomes(now);
      return now;
    };
    const seen = put(['N', positions], builder.add('reshape', [here], { shape: ['N', positions] }));
    const column = builder.add('reshape', [here], { shape: ['N', positions, 1] });
    const own = builder.add('mul', [column, part(width, 2 * width)]);
    const known = put(['N', positions, 2 * width], own);
    const record = builder.add('crossAttention', [part(0, width), known, seen], {
      ...withoutDropout(attributes),
      causal: 0,
    });
    return { node: builder.add('recordOutput', [record], { shape: ['N', 1, width] }), axis: 1 };
  },
  onnx({ builder, node, inputs: [qkv, mask] }) {
    const heads = headsOf({ shape: qkv!.shape, type: 'f32' }, node.attributes);
    const width = heads.heads * heads.size;
    const part = (index: number) => featuresOf(builder, qkv!.name, index * width, width);
    return attentionInOnnx(builder, heads, node.attributes, [part(0), part(1), part(2)], mask);
  },
  scratch: ({ attributes }, [qkv]) => forwardScratch(headsOf(qkv!, attributes)),
  reference({ inputs: [qkv, mask], output, attributes, context }) {
    const [q, k, v] = rowsOf(qkv!);
    const heads = headsOf(read(qkv!), attributes);
    const samples = qkv!.shape[0]!;
    attend({ heads, samples, q, k, v, mask, attributes, context }, output.data);
  },
  lower({ node, inputs: [qkv, mask], output, scratch }) {
    const heads = headsOf(qkv!, node.attributes);
    const width = heads.heads * heads.size;
    return [
      {
        kernel: 'attention',
        arguments: [
          output,
          { ...output, skipped: lseStart(heads) },
          { node: qkv!.node },
          { node: qkv!.node, skipped: width },
          { node: qkv!.node, skipped: 2 * width },
          mask ? { node: mask.node } : 0,
          scratch!,
          ...sizeArguments(heads, 3 * width, 3 * width),
          ...weighingArguments(heads, node.attributes, mask),
        ],
      },
    ];
  },
};

/** dqkv [N, T, 3E] from (dOut [N, T, E], qkv, the record, the mask). Used by gradients only. */
export const selfAttentionGrad: ComputeOperator = {
  name: 'selfAttentionGrad',
  kind: 'compute',
  inputs: ['f32', 'f32', 'record'],
  optionalInputs: ['f32'],
  attributes: HEADS_ATTRIBUTES,
  optionalAttributes: DROPOUT_ATTRIBUTES,
  inModels: false,
  shape: ([, qkv]) => qkv!.shape,
  scratch: ({ attributes }, [, qkv]) => gradientScratch(headsOf(qkv!, attributes)),
  reference({ inputs: [dOut, qkv, record, mask], output, attributes, context }) {
    const [q, k, v] = rowsOf(qkv!);
    const heads = headsOf(read(qkv!), attributes);
    const samples = qkv!.shape[0]!;
    const attended = { heads, samples, q, k, v, mask, attributes, context };
    output.data.fill(0);
    attendBack(attended, record!.data, dOut!.data, rowsOf(output));
  },
  lower({ node, inputs: [dOut, qkv, record, mask], output, scratch }) {
    const heads = headsOf(qkv!, node.attributes);
    const width = heads.heads * heads.size;
    const parts = [0, width, 2 * width] as const;
    const [dq, dk, dv] = parts.map((skipped) => ({ ...output, skipped }));
    const [q, k, v] = parts.map((skipped) => ({ node: qkv!.node, skipped }));
    return [
      {
        kernel: 'attentionGrad',
        arguments: [
          ...([dq!, dk!, dv!] as const),
          { node: dOut!.node },
          { node: record!.node },
          { node: record!.node, skipped: lseStart(heads) },
          ...([q!, k!, v!] as const),
          mask ? { node: mask.node } : 0,
          scratch!,
          ...sizeArguments(heads, 3 * width, 3 * width),
          3 * width * heads.queries,
          ...weighingArguments(heads, node.attributes, mask),
        ],
      },
    ];
  },
};

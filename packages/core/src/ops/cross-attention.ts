// Scaled dot-product attention of one sequence to another. Inputs q [N, Tq, E] and kv [N, Tk, 2E], the keys and values of
// each position of the other, and perhaps a key mask [N, Tk] or [Tk]: a key counts where it is not 0. A record
// (attention-heads.ts) whose output is [N, Tq, E]; causal: query i sees the keys 0 … i.
// Source: as of self-attention.ts.
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { formatShape, isBatched } from '../shape.js';
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
import { type Attended, attend, attendBack, type Rows } from './attention-reference.js';
import type { ComputeOperator, ReadTensor, ReferenceCall, Value } from './operator.js';

function headsOf(
  q: Pick<ReadTensor, 'shape'>,
  kv: Pick<ReadTensor, 'shape'>,
  attributes: Attributes,
  mask?: ReadTensor,
): Heads {
  const [, queries, width] = q.shape as readonly number[];
  const [, keys, packed] = kv.shape as readonly number[];
  const isRows = ({ shape }: Pick<ReadTensor, 'shape'>) => shape.length === 3 && isBatched(shape);
  if (!isRows(q) || !isRows(kv) || packed !== 2 * width!) {
    throw new ShapeError(
      `crossAttention: queries are ${formatShape(q.shape)}, keys and values ${formatShape(kv.shape)}; expected [N, Tq, E] and [N, Tk, 2E]`,
    );
  }
  return checkHeads(
    'crossAttention',
    { queries: queries!, keys: keys!, width: width! },
    attributes,
    mask,
  );
}

/** Floats of the gradients of one sample: of q, then of kv. */
function gradientSize({ heads, size, queries, keys }: Heads): number {
  return (queries + 2 * keys) * heads * size;
}

const batched = ({ shape }: Value) => ({ shape: ['N', ...shape.slice(1)] as const });

function attendedBy(
  [q, kv]: readonly [Value, Value],
  mask: Value | undefined,
  { attributes, context }: Pick<ReferenceCall, 'attributes' | 'context'>,
): Attended {
  const heads = headsOf(batched(q), batched(kv), attributes);
  const width = heads.heads * heads.size;
  const part = (start: number): Rows => ({
    data: kv.data,
    start,
    sample: 2 * width * heads.keys,
    row: 2 * width,
  });
  return {
    heads,
    samples: q.shape[0]!,
    q: { data: q.data, start: 0, sample: width * heads.queries, row: width },
    k: part(0),
    v: part(width),
    mask,
    attributes,
    context,
  };
}

export const crossAttention: ComputeOperator = {
  name: 'crossAttention',
  kind: 'compute',
  inputs: ['f32', 'f32'],
  optionalInputs: ['f32'],
  outputType: 'record',
  attributes: HEADS_ATTRIBUTES,
  optionalAttributes: DROPOUT_ATTRIBUTES,
  inModels: true,
  shape: ([q, kv, mask], attributes) => recordShape(headsOf(q!, kv!, attributes, mask)),
  inEvaluation: ({ builder, attributes, inputs }) =>
    builder.add('crossAttention', inputs, withoutDropout(attributes)),
  gradient({ builder, node, inputs: [q, kv, ...mask], output, dOutput, needed }) {
    const heads = headsOf(
      { shape: builder.shapeOf(q!) },
      { shape: builder.shapeOf(kv!) },
      node.attributes,
    );
    const both = builder.add(
      'crossAttentionGrad',
      [dOutput, q!, kv!, output, ...mask],
      node.attributes,
    );
    const length = heads.queries * heads.heads * heads.size;
    const part = (input: number, start: number, floats: number): number =>
      builder.add('reshape', [builder.add('slice', [both], { axis: 1, start, length: floats })], {
        shape: builder.shapeOf(input),
      });
    return [
      needed[0] ? part(q!, 0, length) : undefined,
      needed[1] ? part(kv!, length, gradientSize(heads) - length) : undefined,
    ];
  },
  onnx({ builder, node, inputs: [q, kv, mask] }) {
    const heads = headsOf(q!, kv!, node.attributes);
    const width = heads.heads * heads.size;
    const part = (start: number) => featuresOf(builder, kv!.name, start, width);
    return attentionInOnnx(builder, heads, node.attributes, [q!.name, part(0), part(width)], mask);
  },
  scratch: ({ attributes }, [q, kv]) => forwardScratch(headsOf(q!, kv!, attributes)),
  reference({ inputs: [q, kv, mask], output, ...call }) {
    attend(attendedBy([q!, kv!], mask, call), output.data);
  },
  lower({ node, inputs: [q, kv, mask], output, scratch }) {
    const heads = headsOf(q!, kv!, node.attributes);
    const width = heads.heads * heads.size;
    return [
      {
        kernel: 'attention',
        arguments: [
          output,
          { ...output, skipped: lseStart(heads) },
          { node: q!.node },
          { node: kv!.node },
          { node: kv!.node, skipped: width },
          mask ? { node: mask.node } : 0,
          scratch!,
          ...sizeArguments(heads, width, 2 * width),
          ...weighingArguments(heads, node.attributes, mask),
        ],
      },
    ];
  },
};

/** [N, Tq E + Tk 2E], dq and behind it dkv of each sample, from (dOut, q, kv, the record, the mask). Used by gradients only. */
export const crossAttentionGrad: ComputeOperator = {
  name: 'crossAttentionGrad',
  kind: 'compute',
  inputs: ['f32', 'f32', 'f32', 'record'],
  optionalInputs: ['f32'],
  attributes: HEADS_ATTRIBUTES,
  optionalAttributes: DROPOUT_ATTRIBUTES,
  inModels: false,
  shape: ([, q, kv], attributes) => ['N', gradientSize(headsOf(q!, kv!, attributes))],
  scratch: ({ attributes }, [, q, kv]) => gradientScratch(headsOf(q!, kv!, attributes)),
  reference({ inputs: [dOut, q, kv, record, mask], output, ...call }) {
    const attended = attendedBy([q!, kv!], mask, call);
    const sample = gradientSize(attended.heads);
    const width = attended.heads.heads * attended.heads.size;
    const dkv = attended.heads.queries * width;
    const part = (start: number, row: number): Rows => ({ data: output.data, start, sample, row });
    output.data.fill(0);
    attendBack(attended, record!.data, dOut!.data, [
      part(0, width),
      part(dkv, 2 * width),
      part(dkv + width, 2 * width),
    ]);
  },
  lower({ node, inputs: [dOut, q, kv, record, mask], output, scratch }) {
    const heads = headsOf(q!, kv!, node.attributes);
    const width = heads.heads * heads.size;
    const dkv = heads.queries * width;
    return [
      {
        kernel: 'attentionGrad',
        arguments: [
          output,
          { ...output, skipped: dkv },
          { ...output, skipped: dkv + width },
          { node: dOut!.node },
          { node: record!.node },
          { node: record!.node, skipped: lseStart(heads) },
          { node: q!.node },
          { node: kv!.node },
          { node: kv!.node, skipped: width },
          mask ? { node: mask.node } : 0,
          scratch!,
          ...sizeArguments(heads, width, 2 * width),
          gradientSize(heads),
          ...weighingArguments(heads, node.attributes, mask),
        ],
      },
    ];
  },
};
